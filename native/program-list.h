// All BPF programs that the kernel holds, whoever loaded them, and what it accounts to each.
#pragma once

#include <linux/bpf.h>

#include <vector>

namespace probepipe {

// In the order of their numbers. Programs that are freed meanwhile are left out. Needs CAP_SYS_ADMIN.
std::vector<bpf_prog_info> AllPrograms();

}  // namespace probepipe
