#include "uprobe-link.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "errors.h"

namespace probepipe {
namespace {

// union bpf_attr, link_create.uprobe_multi, of Linux 6.6: the headers that we build with may be older.
struct LinkCreate {
  uint32_t program;
  uint32_t target;
  uint32_t attach_type;
  uint32_t flags;
  uint64_t path;
  uint64_t offsets;
  uint64_t reference_counters;
  uint64_t cookies;
  uint32_t count;
  uint32_t uprobe_flags;
  uint32_t pid;
  uint32_t reserved;
};
static_assert(offsetof(LinkCreate, path) == 16 && offsetof(LinkCreate, pid) == 56);

// BPF_F_UPROBE_MULTI_RETURN
constexpr uint32_t kAtReturn = 1;

uint64_t Address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

}  // namespace

FileDescriptor LinkUprobes(int program, const UprobePlaces& places) {
  LinkCreate request{};
  request.program = static_cast<uint32_t>(program);
  request.attach_type = kUprobeMulti;
  request.path = Address(places.path.c_str());
  request.offsets = Address(places.offsets.data());
  request.cookies = Address(places.cookies.data());
  request.count = static_cast<uint32_t>(places.offsets.size());
  request.uprobe_flags = places.at_return ? kAtReturn : 0;
  request.pid = places.pid < 0 ? 0 : static_cast<uint32_t>(places.pid);
  FileDescriptor link(static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &request, sizeof(request))));
  if (link.valid()) return link;
  throw Failure(errno, "attach a uprobe to " + std::to_string(places.offsets.size()) + " places of \"" + places.path + "\"");
}

}  // namespace probepipe
