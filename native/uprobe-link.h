// Attaches a program to many places of a file by one link (Linux 6.6 and newer), which libbpf 1.1 cannot.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "file-descriptor.h"

namespace probepipe {

struct UprobePlaces {
  std::string path;
  // In the file; as many cookies.
  std::vector<uint64_t> offsets;
  std::vector<uint64_t> cookies;
  bool at_return;
  // -1 for every process.
  pid_t pid;
};

// BPF_TRACE_KPROBE_MULTI and BPF_TRACE_UPROBE_MULTI (include/uapi/linux/bpf.h): what such a program is loaded for.
constexpr uint32_t kKprobeMulti = 42;
constexpr uint32_t kUprobeMulti = 48;

FileDescriptor LinkUprobes(int program, const UprobePlaces& places);

}  // namespace probepipe
