#include "tracefs.h"

#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "errors.h"
#include "file-descriptor.h"

namespace probepipe {
namespace {

// Both folders exist, empty, where nothing is mounted on them; and a mounted one may not be readable for us.
bool HoldsEvents(const std::string& path) { return access((path + "/events/header_page").c_str(), R_OK) == 0; }

FileDescriptor MountPrivately() {
  const char* attempted = "mount tracefs privately";
  FileDescriptor context(static_cast<int>(syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC)));
  if (!context.valid()) throw Failure(errno, attempted);
  if (syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    throw Failure(errno, attempted);
  }
  FileDescriptor mount(static_cast<int>(syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
  if (!mount.valid()) throw Failure(errno, attempted);
  return mount;
}

}  // namespace

std::string TracefsPath() {
  static std::mutex mutex;
  static std::string found;
  const std::lock_guard lock(mutex);
  if (!found.empty()) return found;
  for (const char* path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    if (HoldsEvents(path)) return found = path;
  }
  FileDescriptor mount = MountPrivately();
  const std::string path = "/proc/self/fd/" + std::to_string(mount.get());
  if (!HoldsEvents(path)) throw Failure(ENOENT, "find events in a privately mounted tracefs");
  mount.Release();
  return found = path;
}

}  // namespace probepipe
