// The inner map of an array-of-maps with one slot: which one is in the slot now, and how a new one is made.
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <mutex>
#include <string>

#include "file-descriptor.h"
#include "map-entries.h"

namespace probepipe {

class InnerMap {
 public:
  // Before the load, as libbpf forgets the definition by it; empty where `outer` has no definition of its inner map.
  static std::unique_ptr<InnerMap> Define(bpf_map* outer);

  // After the load: puts a first map in the slot. One that the object itself put there would be out of reach: the kernel gives a
  // map by its id to CAP_SYS_ADMIN only.
  void Fill(int outer_fd);

  // On any thread. The kernel's update of an array-of-maps waits until no program uses the old inner map any more
  // (maybe_wait_bpf_programs in kernel/bpf/syscall.c), so what is read is final.
  MapEntries SwapAndRead(int outer_fd);
  MapEntries Read();

 private:
  std::shared_ptr<FileDescriptor> Create() const;
  std::shared_ptr<FileDescriptor> Swap(int outer_fd);

  std::string name_;
  MapShape shape_{};
  uint32_t flags_ = 0;
  uint32_t numa_node_ = 0;
  uint64_t extra_ = 0;
  std::mutex mutex_;
  std::shared_ptr<FileDescriptor> current_;
};

}  // namespace probepipe
