#include "grace-period.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace probepipe {

void GracePeriod::Begin() {
  const std::lock_guard lock(mutex_);
  pending_ = true;
}

void GracePeriod::Await() {
  const std::lock_guard lock(mutex_);
  if (!pending_) return;
  // synchronize_rcu() for user space (kernel/sched/membarrier.c), and programs run within RCU's read sides. It is refused with
  // nohz_full CPUs only; then there is no such wait to be had, and what is read may lack what ran in the last microseconds.
  syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
  pending_ = false;
}

}  // namespace probepipe
