// What probepipe reads of programs and libraries, and no kernel is asked of: the surface of src/binary-reader.ts, over elfutils' libdw (debug
// information), libiberty (names of C++ and Rust) and capstone (machine code). An addon of its own, so that a run that needs none of it does not load them.
// Comes in: paths, names, machine code. Refused: with a NativeError; a TypeError is a caller's bug.
#include <capstone/capstone.h>
#include <napi.h>

#include <cerrno>
#include <cstdlib>

// libiberty declares its own basename() unless it is told that there is one.
#define HAVE_DECL_BASENAME 1
#include <libiberty/demangle.h>

#include "arguments.h"
#include "debug-info.h"
#include "errors.h"

namespace probepipe {
namespace {

struct State {
  Napi::FunctionReference debug_info;
};

Napi::Value OpenDebugInfo(const Napi::CallbackInfo& info) {
  StringArgument(info, 0, "path");
  return info.Env().GetInstanceData<State>()->debug_info.New({info[0]});
}

// Of each name that which it stands for, or undefined where it stands for itself.
Napi::Value Demangle(const Napi::CallbackInfo& info) {
  if (!info[0].IsArray()) throw Napi::TypeError::New(info.Env(), "\"names\" must be an array");
  const auto names = info[0].As<Napi::Array>();
  const int options = BooleanArgument(info, 1, "parameters") ? DMGL_PARAMS | DMGL_ANSI : DMGL_NO_OPTS;
  Napi::Array demangled = Napi::Array::New(info.Env(), names.Length());
  for (uint32_t at = 0; at < names.Length(); at++) {
    Napi::HandleScope scope(info.Env());
    const std::string name = names.Get(at).ToString().Utf8Value();
    // The recursion limit of libiberty is on unless it is asked away.
    char* text = cplus_demangle(name.c_str(), options | DMGL_AUTO);
    if (text != nullptr) demangled.Set(at, text);
    free(text);
  }
  return demangled;
}

// Instructions from the beginning of `code` on, until `most` or one that is none.
Napi::Value Disassemble(const Napi::CallbackInfo& info) {
  const Bytes code = BytesArgument(info, 0, "code");
  const bool arm64 = StringArgument(info, 1, "arch") == "arm64";
  const uint64_t most = SizeArgument(info, 2, "most");
  csh handle = 0;
  const cs_err opened = arm64 ? cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &handle)
                              : cs_open(CS_ARCH_X86, CS_MODE_64, &handle);
  if (opened != CS_ERR_OK) throw Failure(ENOTSUP, "read machine code", cs_strerror(opened));
  Napi::Array instructions = Napi::Array::New(info.Env());
  cs_insn* instruction = cs_malloc(handle);
  const uint8_t* at = code.data;
  size_t left = code.size;
  uint64_t offset = 0;
  while (instruction != nullptr && instructions.Length() < most &&
         cs_disasm_iter(handle, &at, &left, &offset, instruction)) {
    Napi::HandleScope scope(info.Env());
    Napi::Object each = Napi::Object::New(info.Env());
    each.Set("offset", static_cast<double>(instruction->address));
    each.Set("size", static_cast<double>(instruction->size));
    each.Set("name", instruction->mnemonic);
    each.Set("operands", instruction->op_str);
    instructions.Set(instructions.Length(), each);
  }
  if (instruction != nullptr) cs_free(instruction, 1);
  cs_close(&handle);
  return instructions;
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  auto* state = new State;
  state->debug_info = Napi::Persistent(NativeDebugInfo::Define(env));
  env.SetInstanceData(state);
  exports.Set("openDebugInfo", Napi::Function::New<Reporting<OpenDebugInfo>>(env, "openDebugInfo"));
  exports.Set("demangle", Napi::Function::New<Reporting<Demangle>>(env, "demangle"));
  exports.Set("disassemble", Napi::Function::New<Reporting<Disassemble>>(env, "disassemble"));
  return exports;
}

}  // namespace

NODE_API_MODULE(binary_reader, Initialize)

}  // namespace probepipe
