// Facts about this machine and process that JavaScript cannot ask for. None needs a privilege.
#pragma once

#include <cstdint>
#include <vector>

namespace probepipe {

// As the kernel numbers them, ascending.
std::vector<int> OnlineCpus();
// CPUs that may ever be online: how many values a per-CPU map holds for a key.
uint32_t PossibleCpus();
// The effective set, by capability number.
uint64_t EffectiveCapabilities();
// CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds.
int64_t ClockOffset();

}  // namespace probepipe
