// Opens perf events that BPF programs attach to. None needs tracefs mounted anywhere.
#pragma once

#include <cstdint>
#include <string>

#include "file-descriptor.h"

namespace probepipe {

FileDescriptor OpenTracepointEvent(const std::string& category, const std::string& name);

// An event by the numbers of perf_event_open(2), and how often it samples.
struct PerfSampling {
  std::string name;
  uint32_t type;
  uint64_t config;
  uint64_t every;
  // `every` times a second, not every so many events.
  bool frequency;
};
FileDescriptor OpenPerfEvent(const PerfSampling& sampling, int cpu);

// Fires on `cpu` each `period_ns` nanoseconds of the CPU's clock.
FileDescriptor OpenClockEvent(uint64_t period_ns, int cpu);

enum class ProbeKind { kKprobe, kUprobe };

struct ProbePlace {
  ProbeKind kind;
  bool at_return;
  // A kernel function, or the path of a file.
  std::string target;
  // Within the function or the file.
  uint64_t offset;

  // `kretprobe to "tcp_connect"`, `uprobe to "/bin/true" at 0x1040`.
  std::string Words() const;
};

// Throws ENOENT where this kernel was built without such probes: libbpf would go on to tracefs then, and report that.
void RequireProbes(ProbeKind kind);

// A probe on every process, without a program.
FileDescriptor OpenProbeEvent(const ProbePlace& place);

}  // namespace probepipe
