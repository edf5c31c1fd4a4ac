#include "perf-event.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <optional>

#include "errors.h"
#include "tracefs.h"

namespace probepipe {
namespace {

FileDescriptor Open(perf_event_attr& attributes, int cpu, const std::string& attempted) {
  attributes.size = sizeof(attributes);
  FileDescriptor event(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event.valid()) throw Failure(errno, attempted);
  return event;
}

std::optional<uint32_t> ReadNumber(const std::string& path) {
  std::ifstream file(path);
  uint32_t number;
  if (file >> number) return number;
  return std::nullopt;
}

const char* Name(ProbeKind kind) { return kind == ProbeKind::kKprobe ? "kprobe" : "uprobe"; }

std::string PmuFolder(ProbeKind kind) { return std::string("/sys/bus/event_source/devices/") + Name(kind); }

uint32_t PmuType(ProbeKind kind) {
  if (const auto type = ReadNumber(PmuFolder(kind) + "/type")) return *type;
  throw Failure(ENOENT, std::string("use ") + Name(kind) + "s, which this kernel was built without");
}

// The file says `config:0`.
uint64_t ReturnBit(ProbeKind kind) {
  std::ifstream file(PmuFolder(kind) + "/format/retprobe");
  std::string format;
  file >> format;
  unsigned bit = 0;
  if (std::sscanf(format.c_str(), "config:%u", &bit) != 1 || bit > 63) {
    throw Failure(ENOENT, std::string("use ") + Name(kind) + "s on return, which this kernel lacks");
  }
  return uint64_t{1} << bit;
}

}  // namespace

std::string ProbePlace::Words() const {
  const bool kernel = kind == ProbeKind::kKprobe;
  const char* mechanism = kernel ? (at_return ? "kretprobe" : "kprobe") : (at_return ? "uretprobe" : "uprobe");
  char where[32] = "";
  if (!kernel) std::snprintf(where, sizeof(where), " at 0x%llx", static_cast<unsigned long long>(offset));
  else if (offset > 0) std::snprintf(where, sizeof(where), "+0x%llx", static_cast<unsigned long long>(offset));
  return std::string(mechanism) + " to \"" + target + "\"" + where;
}

FileDescriptor OpenTracepointEvent(const std::string& category, const std::string& name) {
  const std::string tracepoint = "\"" + category + ":" + name + "\"";
  const auto id = ReadNumber(TracefsPath() + "/events/" + category + "/" + name + "/id");
  if (!id) throw Failure(ENOENT, "find the tracepoint " + tracepoint);
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = *id;
  attributes.sample_period = 1;
  // A program on a tracepoint's event runs on all CPUs, whichever one the event is on.
  return Open(attributes, 0, "open the tracepoint " + tracepoint);
}

FileDescriptor OpenClockEvent(uint64_t period_ns, int cpu) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.sample_period = period_ns;
  return Open(attributes, cpu,
              "open a clock of " + std::to_string(period_ns) + " ns on CPU " + std::to_string(cpu));
}

FileDescriptor OpenPerfEvent(const PerfSampling& sampling, int cpu) {
  perf_event_attr attributes{};
  attributes.type = sampling.type;
  attributes.config = sampling.config;
  attributes.freq = sampling.frequency;
  attributes.sample_period = sampling.every;
  return Open(attributes, cpu, "open the perf event \"" + sampling.name + "\" on CPU " + std::to_string(cpu));
}

void RequireProbes(ProbeKind kind) { PmuType(kind); }

FileDescriptor OpenProbeEvent(const ProbePlace& place) {
  perf_event_attr attributes{};
  attributes.type = PmuType(place.kind);
  if (place.at_return) attributes.config |= ReturnBit(place.kind);
  // include/uapi/linux/perf_event.h: kprobe_func or uprobe_path, and probe_offset.
  attributes.config1 = reinterpret_cast<uintptr_t>(place.target.c_str());
  attributes.config2 = place.offset;
  return Open(attributes, 0, "attach " + place.Words());
}

}  // namespace probepipe
