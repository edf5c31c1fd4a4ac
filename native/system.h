// Facts about this machine and process that JavaScript cannot ask for. None needs a privilege.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace probepipe {

// As the kernel numbers them, ascending.
std::vector<int> OnlineCpus();
// CPUs that may ever be online: how many values a per-CPU map holds for a key.
uint32_t PossibleCpus();
// The effective set, by capability number.
uint64_t EffectiveCapabilities();
// `1.1.2`: libbpf itself says no more than `1.1`, but its file's name does. `1.1` where that is another name.
std::string LibbpfVersion();
// CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds.
int64_t ClockOffset();

}  // namespace probepipe
