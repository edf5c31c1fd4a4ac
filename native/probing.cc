#include "probing.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <cerrno>
#include <iterator>
#include <system_error>
#include <thread>

#include "errors.h"
#include "vmlinux-types.h"

namespace probepipe {
namespace {

// r0 = 0; exit
constexpr bpf_insn kReturnZero[] = {
    {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
    {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
};

FileDescriptor Load(bpf_prog_type type, const bpf_prog_load_opts& options, const std::string& attempted) {
  LogCapture capture;
  const int fd = bpf_prog_load(type, "probepipe_try", "GPL", kReturnZero, std::size(kReturnZero), &options);
  if (fd < 0) throw Failure(-fd, attempted, capture.text());
  return FileDescriptor(fd);
}

// Attaching takes the kernel some 0.1 ms (uprobes: 8 ms), but detaching waits until no CPU can be in the program any more: 15 ms for a
// raw tracepoint, 80 ms for a uprobe. The answer is known before that, so a start need not wait for it.
void Undo(FileDescriptor attachment) {
  try {
    std::thread([fd = attachment.get()] { close(fd); }).detach();
    attachment.Release();
  } catch (const std::system_error&) {
    // No thread to be had: closed here.
  }
}

// `name`: nullptr for a program whose BTF id says where it belongs.
void Attach(const FileDescriptor& program, const char* name, const std::string& attempted) {
  FileDescriptor link(bpf_raw_tracepoint_open(name, program.get()));
  if (!link.valid()) throw Failure(errno, attempted);
  Undo(std::move(link));
}

void ProbeTyped(bpf_attach_type attach_type, uint32_t type_id, const std::string& words) {
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = attach_type;
  options.attach_btf_id = type_id;
  const FileDescriptor program = Load(BPF_PROG_TYPE_TRACING, options, "load a program for " + words);
  Attach(program, nullptr, "attach " + words);
}

}  // namespace

void ProbeFunction(const std::string& function, bool at_exit) {
  const std::string words = (at_exit ? "fexit to \"" : "fentry to \"") + function + "\"";
  ProbeTyped(at_exit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY, FunctionTypeId(function), words);
}

void ProbeTypedTracepoint(const std::string& name) {
  ProbeTyped(BPF_TRACE_RAW_TP, RawTracepointTypeId(name), "tp_btf to \"" + name + "\"");
}

void ProbeRawTracepoint(const std::string& name) {
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  const std::string words = "raw_tracepoint to \"" + name + "\"";
  const FileDescriptor program = Load(BPF_PROG_TYPE_RAW_TRACEPOINT, options, "load a program for " + words);
  Attach(program, name.c_str(), "attach " + words);
}

void ProbePlaceEvent(const ProbePlace& place) { Undo(OpenProbeEvent(place)); }

}  // namespace probepipe
