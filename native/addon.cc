// The surface of src/runtime/native-addon.ts over the system's libbpf. Comes in: BPF objects, and what to attach them to. Goes out:
// maps' entries, and ring buffers' records in place. Refused: with a NativeError, by the kernel or by libbpf; a TypeError is a caller's bug.
#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>

#include "arguments.h"
#include "classes.h"
#include "errors.h"
#include "iterator.h"
#include "link.h"
#include "map.h"
#include "object.h"
#include "probing.h"
#include "program-list.h"
#include "ring.h"
#include "statistics.h"
#include "system.h"
#include "tracefs.h"

namespace probepipe {
namespace {

void Probe(const Napi::Object& request) {
  const std::string kind = StringMember(request, "kind");
  if (kind == "fentry" || kind == "fexit") return ProbeFunction(StringMember(request, "function"), kind == "fexit");
  if (kind == "tp_btf") return ProbeTypedTracepoint(StringMember(request, "name"));
  if (kind == "lsm") return ProbeLsm(StringMember(request, "hook"));
  if (kind == "iter") return ProbeIterator(StringMember(request, "objects"));
  if (kind == "raw_tracepoint") return ProbeRawTracepoint(StringMember(request, "name"));
  if (kind == "perf") {
    // Any number that does not fire right away will do: the event is closed at once.
    const PerfSampling sampling{StringMember(request, "name"), static_cast<uint32_t>(IntegerMember(request, "type")),
                                static_cast<uint64_t>(IntegerMember(request, "config")), 1'000'000, false};
    OpenPerfEvent(sampling, OnlineCpus().front());
    return;
  }
  if (kind == "tracepoint") {
    OpenTracepointEvent(StringMember(request, "category"), StringMember(request, "name"));
    return;
  }
  if (kind == "kprobe_multi") return ProbeKprobeMulti(StringMember(request, "function"));
  if (kind == "uprobe_multi") {
    return ProbeUprobeMulti(StringMember(request, "path"), static_cast<uint64_t>(IntegerMember(request, "offset")));
  }
  const bool kernel = kind == "kprobe" || kind == "kretprobe";
  if (!kernel && kind != "uprobe" && kind != "uretprobe") {
    throw Napi::TypeError::New(request.Env(), "no such kind of probe: \"" + kind + "\"");
  }
  const bool at_return = kind == "kretprobe" || kind == "uretprobe";
  const int64_t offset = IntegerMember(request, "offset", 0);
  if (offset < 0) throw Napi::TypeError::New(request.Env(), "\"offset\" must be 0 or more");
  ProbePlaceEvent({kernel ? ProbeKind::kKprobe : ProbeKind::kUprobe, at_return,
                   StringMember(request, kernel ? "function" : "path"), static_cast<uint64_t>(offset)});
}

// A refusal is an answer here, not an error.
Napi::Value ProbeAttach(const Napi::CallbackInfo& info) {
  try {
    Probe(ObjectArgument(info, 0, "request"));
    return info.Env().Undefined();
  } catch (const Failure& failure) {
    return failure.Info(info.Env());
  }
}

Napi::Value Tracefs(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), TracefsPath()); }

Napi::Value Offset(const Napi::CallbackInfo& info) { return Napi::BigInt::New(info.Env(), ClockOffset()); }

Napi::Value AddressOf(const Napi::CallbackInfo& info) {
  const Bytes bytes = BytesArgument(info, 0, "bytes");
  return Napi::BigInt::New(info.Env(), uint64_t{reinterpret_cast<uintptr_t>(bytes.data)});
}

Napi::Value Capabilities(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), EffectiveCapabilities());
}

Napi::Value Possible(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), PossibleCpus()); }

Napi::Value Online(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  for (const int cpu : OnlineCpus()) list.Set(list.Length(), cpu);
  return list;
}

Napi::Value Programs(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  for (const bpf_prog_info& program : AllPrograms()) {
    const char* type = libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(program.type));
    Napi::Object each = Napi::Object::New(info.Env());
    each.Set("id", program.id);
    each.Set("name", program.name);
    each.Set("type", type == nullptr ? "type " + std::to_string(program.type) : type);
    each.Set("runCount", Napi::BigInt::New(info.Env(), uint64_t{program.run_cnt}));
    each.Set("runTimeNs", Napi::BigInt::New(info.Env(), uint64_t{program.run_time_ns}));
    list.Set(list.Length(), each);
  }
  return list;
}

// Lives as long as the function that it gives, which ends it.
Napi::Value Statistics(const Napi::CallbackInfo& info) {
  const auto kept = std::make_shared<FileDescriptor>(EnableStatistics());
  return Napi::Function::New(info.Env(), [kept](const Napi::CallbackInfo&) { kept->Close(); }, "stop");
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  CaptureLibbpfLog();
  auto* classes = new Classes;
  classes->object = Napi::Persistent(NativeObject::Define(env));
  classes->map = Napi::Persistent(NativeMap::Define(env));
  classes->ring = Napi::Persistent(NativeRing::Define(env));
  classes->link = Napi::Persistent(NativeLink::Define(env));
  classes->iterator = Napi::Persistent(NativeIterator::Define(env));
  env.SetInstanceData(classes);

  exports.Set("libbpfVersion", LibbpfVersion());
  exports.Set("openObject", Napi::Function::New<Reporting<NativeObject::OpenBytes>>(env, "openObject"));
  exports.Set("probeAttach", Napi::Function::New<Reporting<ProbeAttach>>(env, "probeAttach"));
  exports.Set("tracefsPath", Napi::Function::New<Reporting<Tracefs>>(env, "tracefsPath"));
  exports.Set("clockOffset", Napi::Function::New<Reporting<Offset>>(env, "clockOffset"));
  exports.Set("addressOf", Napi::Function::New<Reporting<AddressOf>>(env, "addressOf"));
  exports.Set("capabilities", Napi::Function::New<Reporting<Capabilities>>(env, "capabilities"));
  exports.Set("possibleCpus", Napi::Function::New<Reporting<Possible>>(env, "possibleCpus"));
  exports.Set("enableStatistics", Napi::Function::New<Reporting<Statistics>>(env, "enableStatistics"));
  exports.Set("allPrograms", Napi::Function::New<Reporting<Programs>>(env, "allPrograms"));
  exports.Set("onlineCpus", Napi::Function::New<Reporting<Online>>(env, "onlineCpus"));
  return exports;
}

}  // namespace

NODE_API_MODULE(probepipe, Initialize)

}  // namespace probepipe
