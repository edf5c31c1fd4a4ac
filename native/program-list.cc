#include "program-list.h"

#include <bpf/bpf.h>

#include <cerrno>

#include "errors.h"
#include "file-descriptor.h"

namespace probepipe {

std::vector<bpf_prog_info> AllPrograms() {
  std::vector<bpf_prog_info> programs;
  uint32_t id = 0;
  while (true) {
    const int error = -bpf_prog_get_next_id(id, &id);
    if (error == ENOENT) return programs;
    if (error != 0) throw Failure(error, "list the kernel's BPF programs");
    const FileDescriptor program(bpf_prog_get_fd_by_id(id));
    if (program.get() == -ENOENT) continue;
    if (!program.valid()) throw Failure(-program.get(), "open the BPF program " + std::to_string(id));
    bpf_prog_info info{};
    uint32_t size = sizeof(info);
    const int refused = -bpf_obj_get_info_by_fd(program.get(), &info, &size);
    if (refused != 0) throw Failure(refused, "read what the kernel accounts to the BPF program " + std::to_string(id));
    programs.push_back(info);
  }
}

}  // namespace probepipe
