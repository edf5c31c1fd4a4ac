// Whether a mechanism works for a target: the smallest real attachment, made and undone (the undoing ends in the background).
#pragma once

#include <string>

#include "perf-event.h"

namespace probepipe {

// Each returns where the kernel agrees, and throws a Failure that says which step it refused.
void ProbeFunction(const std::string& function, bool at_exit);
void ProbeTypedTracepoint(const std::string& name);
void ProbeRawTracepoint(const std::string& name);
// Also finds out whether the kernel calls LSM programs at all: it takes them where BPF is not among its security modules, too.
void ProbeLsm(const std::string& hook);
void ProbeIterator(const std::string& objects);
void ProbePlaceEvent(const ProbePlace& place);
// Of one link to many places: with that function, or that place, alone.
void ProbeKprobeMulti(const std::string& function);
void ProbeUprobeMulti(const std::string& path, uint64_t offset);

}  // namespace probepipe
