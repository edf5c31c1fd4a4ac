#include "probing.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <cerrno>
#include <iterator>
#include <system_error>
#include <thread>

#include "errors.h"
#include "uprobe-link.h"
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

FileDescriptor LoadTyped(bpf_prog_type type, bpf_attach_type attach_type, uint32_t type_id, const std::string& words) {
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = attach_type;
  options.attach_btf_id = type_id;
  return Load(type, options, "load a program for " + words);
}

void ProbeTyped(bpf_attach_type attach_type, uint32_t type_id, const std::string& words) {
  const FileDescriptor program = LoadTyped(BPF_PROG_TYPE_TRACING, attach_type, type_id, words);
  Attach(program, nullptr, "attach " + words);
}

// Counts its calls in the only entry of an array.
FileDescriptor LoadCounting(const FileDescriptor& array, uint32_t type_id, const std::string& words) {
  const bpf_insn instructions[] = {
      // *(u32 *)(r10 - 4) = 0; r2 = r10 - 4; r1 = array
      {BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0},
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0},
      {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4},
      {BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, array.get()},
      {0, 0, 0, 0, 0},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem},
      // if (r0 != 0) *(u64 *)r0 = 1
      {BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 1, 0},
      {BPF_ST | BPF_MEM | BPF_DW, BPF_REG_0, 0, 0, 1},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = BPF_LSM_MAC;
  options.attach_btf_id = type_id;
  LogCapture capture;
  const int fd = bpf_prog_load(BPF_PROG_TYPE_LSM, "probepipe_try", "GPL", instructions, std::size(instructions), &options);
  if (fd < 0) throw Failure(-fd, "load a program for " + words, capture.text());
  return FileDescriptor(fd);
}

// A program on the hook of bpf() itself must be called by the next bpf().
bool LsmIsCalled() {
  FileDescriptor array(bpf_map_create(BPF_MAP_TYPE_ARRAY, "probepipe_try", sizeof(uint32_t), sizeof(uint64_t), 1, nullptr));
  if (!array.valid()) throw Failure(errno, "make a map");
  const std::string words = "lsm to \"bpf\"";
  const FileDescriptor program = LoadCounting(array, FunctionTypeId("bpf_lsm_bpf"), words);
  FileDescriptor link(bpf_raw_tracepoint_open(nullptr, program.get()));
  if (!link.valid()) throw Failure(errno, "attach " + words);
  const uint32_t first = 0;
  uint64_t called = 0;
  for (int look = 0; look < 2; look++) bpf_map_lookup_elem(array.get(), &first, &called);
  Undo(std::move(link));
  return called != 0;
}

FileDescriptor LoadMulti(uint32_t attach_type, const std::string& words) {
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = static_cast<bpf_attach_type>(attach_type);
  return Load(BPF_PROG_TYPE_KPROBE, options, "load a program for " + words);
}

}  // namespace

void ProbeLsm(const std::string& hook) {
  const std::string words = "lsm to \"" + hook + "\"";
  const FileDescriptor program = LoadTyped(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, FunctionTypeId("bpf_lsm_" + hook), words);
  Attach(program, nullptr, "attach " + words);
  static const bool called = LsmIsCalled();
  if (!called) throw Failure(EOPNOTSUPP, "have " + words + " called");
}

void ProbeIterator(const std::string& objects) {
  const std::string words = "iter to \"" + objects + "\"";
  LoadTyped(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, FunctionTypeId("bpf_iter_" + objects), words);
}

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

void ProbeKprobeMulti(const std::string& function) {
  const std::string words = "kprobe.multi to \"" + function + "\"";
  const FileDescriptor program = LoadMulti(kKprobeMulti, words);
  const char* name = function.c_str();
  bpf_link_create_opts options{};
  options.sz = sizeof(options);
  options.kprobe_multi.syms = &name;
  options.kprobe_multi.cnt = 1;
  LogCapture capture;
  FileDescriptor link(bpf_link_create(program.get(), 0, BPF_TRACE_KPROBE_MULTI, &options));
  if (!link.valid()) throw Failure(errno, "attach " + words, capture.text());
  Undo(std::move(link));
}

void ProbeUprobeMulti(const std::string& path, uint64_t offset) {
  const FileDescriptor program = LoadMulti(kUprobeMulti, "uprobe.multi to \"" + path + "\"");
  Undo(LinkUprobes(program.get(), {path, {offset}, {0}, false, -1}));
}

void ProbePlaceEvent(const ProbePlace& place) { Undo(OpenProbeEvent(place)); }

}  // namespace probepipe
