#include "system.h"

#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <string>

#include "errors.h"

namespace probepipe {
namespace {

int64_t Now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::vector<int> OnlineCpus() {
  // A list of ranges, `0-3,8`: Documentation/admin-guide/cputopology.rst.
  std::ifstream file("/sys/devices/system/cpu/online");
  std::vector<int> cpus;
  int first;
  while (file >> first) {
    int last = first;
    if (file.peek() == '-') {
      file.get();
      file >> last;
    }
    for (int cpu = first; cpu <= last; cpu++) cpus.push_back(cpu);
    if (file.peek() == ',') file.get();
  }
  if (cpus.empty()) throw Failure(ENOENT, "read /sys/devices/system/cpu/online");
  return cpus;
}

uint32_t PossibleCpus() {
  LogCapture capture;
  const int count = libbpf_num_possible_cpus();
  if (count <= 0) throw Failure(-count, "count the possible CPUs", capture.text());
  return static_cast<uint32_t>(count);
}

uint64_t EffectiveCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &header, data) != 0) throw Failure(errno, "read the process's capabilities");
  return uint64_t{data[1].effective} << 32 | data[0].effective;
}

std::string LibbpfVersion() {
  // It says `v1.1`.
  const std::string version = libbpf_version_string() + 1;
  Dl_info library{};
  if (dladdr(reinterpret_cast<void*>(&libbpf_version_string), &library) == 0) return version;
  const std::unique_ptr<char, decltype(&free)> path(realpath(library.dli_fname, nullptr), &free);
  if (!path) return version;
  const std::string file = path.get();
  const size_t found = file.rfind(".so." + version + ".");
  return found == std::string::npos ? version : file.substr(found + 4);
}

int64_t ClockOffset() {
  // The narrowest of a few brackets, since the process may be interrupted between two readings.
  int64_t narrowest = std::numeric_limits<int64_t>::max();
  int64_t offset = 0;
  for (int attempt = 0; attempt < 5; attempt++) {
    const int64_t before = Now(CLOCK_MONOTONIC);
    const int64_t real = Now(CLOCK_REALTIME);
    const int64_t after = Now(CLOCK_MONOTONIC);
    if (after - before >= narrowest) continue;
    narrowest = after - before;
    offset = real - (before + narrowest / 2);
  }
  return offset;
}

}  // namespace probepipe
