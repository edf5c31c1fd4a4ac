#include "debug-info.h"

#include <dwarf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "arguments.h"
#include "dwarf-read.h"
#include "dwarf-type.h"

namespace probepipe {
namespace {

Napi::Array Operations(Napi::Env env, const std::vector<Dwarf_Op>& operations) {
  Napi::Array list = Napi::Array::New(env, operations.size());
  for (uint32_t at = 0; at < operations.size(); at++) {
    Napi::Object operation = Napi::Object::New(env);
    operation.Set("code", static_cast<double>(operations[at].atom));
    operation.Set("number", Napi::BigInt::New(env, static_cast<int64_t>(operations[at].number)));
    list.Set(at, operation);
  }
  return list;
}

bool IsNamed(Dwarf_Die* die, const std::string& name) {
  Dwarf_Attribute attribute;
  const char* own = dwarf_formstring(dwarf_attr(die, DW_AT_name, &attribute));
  return own != nullptr && name == own;
}

// Whether an entry's tag is one of those that TypeNameKind of src/language/type-source.ts calls so.
bool IsKind(int tag, const std::string& kind) {
  if (kind == "struct") return tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
  if (kind == "union") return tag == DW_TAG_union_type;
  if (kind == "enum") return tag == DW_TAG_enumeration_type;
  if (kind == "typedef") return tag == DW_TAG_typedef || tag == DW_TAG_base_type;
  return false;
}

}  // namespace

Napi::Function NativeDebugInfo::Define(Napi::Env env) {
  return DefineClass(env, "NativeDebugInfo",
                     {
                         Reporting<&NativeDebugInfo::FunctionAt>("functionAt"),
                         Reporting<&NativeDebugInfo::Type>("type"),
                         Reporting<&NativeDebugInfo::Find>("find"),
                         Reporting<&NativeDebugInfo::Enumerator>("enumerator"),
                         Reporting<&NativeDebugInfo::Names>("names"),
                         Reporting<&NativeDebugInfo::Close>("close"),
                     });
}

NativeDebugInfo::NativeDebugInfo(const Napi::CallbackInfo& info) : Reported(info) {
  try {
    Open(StringArgument(info, 0, "path"));
  } catch (const Failure& failure) {
    Free();
    throw failure.Error(info.Env());
  }
}

NativeDebugInfo::~NativeDebugInfo() { Free(); }

void NativeDebugInfo::Open(const std::string& path) {
  const std::string attempted = "read the debug information of " + path;
  fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw Failure(errno, attempted);
  elf_version(EV_CURRENT);
  // Not mapped: a file that a linker shortens meanwhile would then end the process with SIGBUS.
  elf_ = elf_begin(fd_, ELF_C_READ, nullptr);
  if (elf_ == nullptr || elf_kind(elf_) != ELF_K_ELF) throw Failure(ENOEXEC, attempted);
  dwarf_ = dwarf_begin_elf(elf_, DWARF_C_READ, nullptr);
  if (dwarf_ == nullptr) {
    const int error = dwarf_errno();
    const char* text = dwarf_errmsg(error);
    throw Failure(ENODATA, attempted, text == nullptr ? "" : text);
  }
  bool any = false;
  dwarf::EachUnit(dwarf_, [&](Dwarf_Die&) {
    any = true;
    return false;
  });
  if (!any) throw Failure(ENODATA, attempted);
}

void NativeDebugInfo::Free() {
  dies_.clear();
  numbers_.clear();
  if (dwarf_ != nullptr) dwarf_end(dwarf_);
  if (elf_ != nullptr) elf_end(elf_);
  if (fd_ >= 0) close(fd_);
  dwarf_ = nullptr;
  elf_ = nullptr;
  fd_ = -1;
}

void NativeDebugInfo::RequireOpen() const {
  if (dwarf_ == nullptr) throw Failure(EBADF, "read debug information that was closed");
}

Napi::Value NativeDebugInfo::Close(const Napi::CallbackInfo& info) {
  Free();
  return info.Env().Undefined();
}

Napi::Value NativeDebugInfo::Number(const Dwarf_Die& die) {
  const auto [found, added] = numbers_.emplace(die.addr, static_cast<uint32_t>(dies_.size()));
  if (added) dies_.push_back(die);
  return Napi::Number::New(Env(), found->second);
}

Dwarf_Die* NativeDebugInfo::Numbered(const Napi::CallbackInfo& info, size_t index) {
  RequireOpen();
  const uint64_t number = SizeArgument(info, index, "id");
  if (number >= dies_.size()) throw Napi::TypeError::New(info.Env(), "no entry has that id");
  return &dies_[number];
}

Napi::Value NativeDebugInfo::Type(const Napi::CallbackInfo& info) {
  // A copy: numbering what it refers to may move the list.
  Dwarf_Die die = *Numbered(info, 0);
  return dwarf::DescribeType(info.Env(), &die, [this](const Dwarf_Die& other) { return Number(other); });
}

bool NativeDebugInfo::FindFunction(uint64_t address, Dwarf_Die* function) {
  bool found = false;
  bool nested = false;
  const auto search = [&](Dwarf_Die& unit) {
    dwarf::EachDeclared(&unit, nested, [&](Dwarf_Die& die) {
      if (dwarf_tag(&die) != DW_TAG_subprogram || !dwarf::BeginsAt(&die, address)) return true;
      *function = die;
      found = true;
      return false;
    });
    return !found;
  };
  Dwarf_Die unit;
  // Definitions stand beside types in C and C++; Rust has them inside as well.
  for (const bool inside_types : {false, true}) {
    nested = inside_types;
    // An index (.debug_aranges) names the unit at once; clang, rustc and go write none, and GCC's may lack units of others.
    if (dwarf_addrdie(dwarf_, address, &unit) != nullptr && !search(unit)) return true;
    dwarf::EachUnit(dwarf_, [&](Dwarf_Die& each) {
      // 0: not in it; -1: it does not say (no ranges), so its functions are asked.
      return dwarf_haspc(&each, address) == 0 || search(each);
    });
    if (found) return true;
  }
  return found;
}

Napi::Value NativeDebugInfo::FunctionAt(const Napi::CallbackInfo& info) {
  RequireOpen();
  const uint64_t address = SizeArgument(info, 0, "address");
  Dwarf_Die function;
  if (!FindFunction(address, &function)) return info.Env().Undefined();
  return Describe(&function, address);
}

Napi::Object NativeDebugInfo::Describe(Dwarf_Die* function, uint64_t address) {
  Napi::Env env = Env();
  Napi::Object described = Napi::Object::New(env);
  described.Set("id", Number(*function));
  described.Set("name", dwarf::NameOf(function));
  Dwarf_Attribute attribute;
  bool external = false;
  if (dwarf_attr_integrate(function, DW_AT_external, &attribute) != nullptr) dwarf_formflag(&attribute, &external);
  described.Set("external", external);
  const auto convention = dwarf::Unsigned(function, DW_AT_calling_convention);
  described.Set("ownConvention", convention == DW_CC_nocall);
  Dwarf_Die unit;
  if (dwarf_diecu(function, &unit, nullptr, nullptr) != nullptr) {
    described.Set("language", static_cast<double>(dwarf::Unsigned(&unit, DW_AT_language).value_or(0)));
    const char* producer = dwarf_formstring(dwarf_attr(&unit, DW_AT_producer, &attribute));
    described.Set("producer", producer == nullptr ? "" : producer);
  }
  if (const auto type = dwarf::Reference(function, DW_AT_type, true)) described.Set("returns", Number(*type));
  const auto frame = dwarf::LocationAt(function, DW_AT_frame_base, address);
  described.Set("frameBase", Operations(env, frame ? frame->operations : std::vector<Dwarf_Op>{}));
  bool variadic = false;
  described.Set("parameters", Parameters(function, address, &variadic));
  described.Set("variadic", variadic);
  return described;
}

Napi::Array NativeDebugInfo::Parameters(Dwarf_Die* function, uint64_t address, bool* variadic) {
  Napi::Array parameters = Napi::Array::New(Env());
  std::vector<Dwarf_Die> own;
  dwarf::EachChild(function, [&](Dwarf_Die& child) {
    if (dwarf_tag(&child) == DW_TAG_unspecified_parameters) *variadic = true;
    if (dwarf_tag(&child) == DW_TAG_formal_parameter) own.push_back(child);
    return true;
  });
  // A copy that the compiler made for itself (`.constprop`, `.part`) may lack parameters that the function was written with.
  const auto origin = dwarf::Reference(function, DW_AT_abstract_origin);
  if (origin) {
    std::vector<Dwarf_Die> written;
    Dwarf_Die source = *origin;
    dwarf::EachChild(&source, [&](Dwarf_Die& child) {
      if (dwarf_tag(&child) == DW_TAG_formal_parameter) written.push_back(child);
      return true;
    });
    for (Dwarf_Die& each : written) {
      Dwarf_Die* concrete = nullptr;
      for (Dwarf_Die& candidate : own) {
        const auto from = dwarf::Reference(&candidate, DW_AT_abstract_origin);
        if (from && from->addr == each.addr) concrete = &candidate;
      }
      parameters.Set(parameters.Length(), Parameter(concrete == nullptr ? &each : concrete, address));
    }
    if (!written.empty()) return parameters;
  }
  for (Dwarf_Die& each : own) parameters.Set(parameters.Length(), Parameter(&each, address));
  return parameters;
}

Napi::Object NativeDebugInfo::Parameter(Dwarf_Die* entry, uint64_t address) {
  Napi::Env env = Env();
  Napi::Object parameter = Napi::Object::New(env);
  parameter.Set("name", dwarf::NameOf(entry));
  if (const auto type = dwarf::Reference(entry, DW_AT_type, true)) parameter.Set("type", Number(*type));
  // Go marks what a function gives back so.
  parameter.Set("result", dwarf::Flag(entry, DW_AT_variable_parameter));
  if (const auto location = dwarf::LocationAt(entry, DW_AT_location, address)) {
    parameter.Set("place", location->list ? "list" : "single");
    parameter.Set("operations", Operations(env, location->operations));
  } else {
    parameter.Set("place", "none");
    parameter.Set("operations", Napi::Array::New(env));
  }
  Dwarf_Attribute attribute;
  Dwarf_Sword value = 0;
  if (dwarf_attr_integrate(entry, DW_AT_const_value, &attribute) != nullptr && dwarf_formsdata(&attribute, &value) == 0) {
    parameter.Set("constant", Napi::BigInt::New(env, static_cast<int64_t>(value)));
  }
  return parameter;
}

void NativeDebugInfo::EachUnitFrom(const Napi::CallbackInfo& info, size_t index,
                                   const std::function<bool(Dwarf_Die&)>& visit) {
  RequireOpen();
  Dwarf_Die first;
  bool has_first = false;
  if (info[index].IsNumber()) {
    Dwarf_Die near = *Numbered(info, index);
    has_first = dwarf_diecu(&near, &first, nullptr, nullptr) != nullptr;
  }
  if (has_first && !visit(first)) return;
  dwarf::EachUnit(dwarf_, [&](Dwarf_Die& unit) { return (has_first && unit.addr == first.addr) || visit(unit); });
}

Napi::Value NativeDebugInfo::Find(const Napi::CallbackInfo& info) {
  const std::string kind = StringArgument(info, 0, "kind");
  const std::string name = StringArgument(info, 1, "name");
  Napi::Value found = info.Env().Undefined();
  EachUnitFrom(info, 2, [&](Dwarf_Die& unit) {
    return dwarf::EachDeclared(&unit, true, [&](Dwarf_Die& die) {
      if (!IsKind(dwarf_tag(&die), kind) || !IsNamed(&die, name) || dwarf::Flag(&die, DW_AT_declaration)) return true;
      found = Number(die);
      return false;
    });
  });
  return found;
}

Napi::Value NativeDebugInfo::Enumerator(const Napi::CallbackInfo& info) {
  const std::string name = StringArgument(info, 0, "name");
  Napi::Value found = info.Env().Undefined();
  Dwarf_Die near = *Numbered(info, 1);
  Dwarf_Die unit;
  if (dwarf_diecu(&near, &unit, nullptr, nullptr) == nullptr) return found;
  dwarf::EachDeclared(&unit, true, [&](Dwarf_Die& die) {
    if (dwarf_tag(&die) != DW_TAG_enumeration_type) return true;
    bool here = false;
    dwarf::EachChild(&die, [&](Dwarf_Die& child) {
      here = dwarf_tag(&child) == DW_TAG_enumerator && IsNamed(&child, name);
      return !here;
    });
    if (here) found = Number(die);
    return !here;
  });
  return found;
}

Napi::Value NativeDebugInfo::Names(const Napi::CallbackInfo& info) {
  const std::string kind = StringArgument(info, 0, "kind");
  Napi::Array names = Napi::Array::New(info.Env());
  const auto take = [&](Dwarf_Die& die) {
    Dwarf_Attribute attribute;
    const char* own = dwarf_formstring(dwarf_attr(&die, DW_AT_name, &attribute));
    if (own != nullptr) names.Set(names.Length(), own);
  };
  RequireOpen();
  dwarf::EachUnit(dwarf_, [&](Dwarf_Die& unit) {
    return dwarf::EachDeclared(&unit, true, [&](Dwarf_Die& die) {
      const int tag = dwarf_tag(&die);
      if (kind == "enumerator" && tag == DW_TAG_enumeration_type) {
        dwarf::EachChild(&die, [&](Dwarf_Die& child) {
          take(child);
          return true;
        });
      } else if (IsKind(tag, kind)) {
        take(die);
      }
      return true;
    });
  });
  return names;
}

}  // namespace probepipe
