#include "statistics.h"

#include <bpf/bpf.h>

#include "errors.h"

namespace probepipe {

FileDescriptor EnableStatistics() {
  FileDescriptor statistics(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (!statistics.valid()) throw Failure(-statistics.get(), "enable the kernel's statistics of BPF programs");
  return statistics;
}

}  // namespace probepipe
