#include "attach.h"

#include <bpf/bpf.h>
#include <fcntl.h>

#include <cerrno>

#include "arguments.h"
#include "errors.h"
#include "perf-event.h"
#include "system.h"
#include "uprobe-link.h"

namespace probepipe {
namespace {

// `event` belongs to the link from here on.
bpf_link* AttachEvent(bpf_program* program, FileDescriptor event, const std::string& attempted, uint64_t cookie = 0) {
  LogCapture capture;
  bpf_perf_event_opts options{};
  options.sz = sizeof(options);
  options.bpf_cookie = cookie;
  bpf_link* link = bpf_program__attach_perf_event_opts(program, event.get(), &options);
  if (link == nullptr) throw Failure(errno, attempted, capture.text());
  event.Release();
  return link;
}

bpf_link* AttachSection(bpf_program* program) {
  LogCapture capture;
  bpf_link* link = bpf_program__attach(program);
  if (link != nullptr) return link;
  throw Failure(errno, std::string("attach \"") + bpf_program__section_name(program) + "\"", capture.text());
}

bpf_link* AttachIterator(bpf_program* program, const std::string& objects) {
  bpf_iter_link_info cgroups{};
  cgroups.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;
  bpf_iter_attach_opts options{};
  options.sz = sizeof(options);
  // All others need nothing, and refuse what they do not know.
  if (objects == "cgroup") {
    options.link_info = &cgroups;
    options.link_info_len = sizeof(cgroups);
  }
  LogCapture capture;
  bpf_link* link = bpf_program__attach_iter(program, &options);
  if (link == nullptr) throw Failure(errno, "attach iter to \"" + objects + "\"", capture.text());
  return link;
}

// `semaphore`: of a uprobe, where in the file its counter of listeners is; 0 for none.
bpf_link* AttachProbe(bpf_program* program, const ProbePlace& place, pid_t pid, uint64_t cookie,
                      uint64_t semaphore = 0) {
  RequireProbes(place.kind);
  LogCapture capture;
  bpf_link* link = nullptr;
  if (place.kind == ProbeKind::kKprobe) {
    bpf_kprobe_opts options{};
    options.sz = sizeof(options);
    options.offset = place.offset;
    options.retprobe = place.at_return;
    options.bpf_cookie = cookie;
    link = bpf_program__attach_kprobe_opts(program, place.target.c_str(), &options);
  } else {
    bpf_uprobe_opts options{};
    options.sz = sizeof(options);
    options.retprobe = place.at_return;
    options.ref_ctr_offset = semaphore;
    options.bpf_cookie = cookie;
    link = bpf_program__attach_uprobe_opts(program, pid, place.target.c_str(), place.offset, &options);
  }
  if (link == nullptr) throw Failure(errno, "attach " + place.Words(), capture.text());
  return link;
}

void AttachClock(bpf_program* program, uint64_t period_ns, bool every_cpu, Attachment& attachment) {
  std::vector<int> cpus = OnlineCpus();
  if (!every_cpu) cpus.resize(1);
  for (const int cpu : cpus) {
    attachment.Add(AttachEvent(program, OpenClockEvent(period_ns, cpu),
                               "attach a clock of " + std::to_string(period_ns) + " ns"));
  }
}

void AttachPerfEvent(bpf_program* program, const PerfSampling& sampling, Attachment& attachment) {
  for (const int cpu : OnlineCpus()) {
    attachment.Add(AttachEvent(program, OpenPerfEvent(sampling, cpu), "attach to the perf event \"" + sampling.name + "\""));
  }
}

// One link for all.
bpf_link* AttachFunctions(bpf_program* program, const Napi::Object& target) {
  const std::vector<std::string> functions = StringsMember(target, "functions");
  const std::vector<uint64_t> cookies = NumbersMember(target, "cookies");
  std::vector<const char*> names;
  for (const std::string& each : functions) names.push_back(each.c_str());
  if (names.empty() || names.size() != cookies.size()) {
    throw Napi::TypeError::New(target.Env(), "\"functions\" needs as many \"cookies\"");
  }
  bpf_kprobe_multi_opts options{};
  options.sz = sizeof(options);
  options.syms = names.data();
  options.cookies = reinterpret_cast<const __u64*>(cookies.data());
  options.cnt = names.size();
  options.retprobe = BooleanMember(target, "return");
  LogCapture capture;
  bpf_link* link = bpf_program__attach_kprobe_multi_opts(program, nullptr, &options);
  if (link != nullptr) return link;
  throw Failure(errno, "attach a kprobe to " + std::to_string(names.size()) + " functions, \"" + functions[0] + "\" first",
                capture.text());
}

FileDescriptor AttachPlaces(bpf_program* program, const Napi::Object& target) {
  const UprobePlaces places{StringMember(target, "path"), NumbersMember(target, "offsets"),
                            NumbersMember(target, "cookies"), BooleanMember(target, "return"),
                            static_cast<pid_t>(IntegerMember(target, "pid"))};
  if (places.offsets.empty() || places.offsets.size() != places.cookies.size()) {
    throw Napi::TypeError::New(target.Env(), "\"offsets\" needs as many \"cookies\"");
  }
  return LinkUprobes(bpf_program__fd(program), places);
}

// To all sockets of a cgroup and of those below it.
bpf_link* AttachCgroup(bpf_program* program, const std::string& path) {
  const std::string attempted = "attach to the cgroup \"" + path + "\"";
  const FileDescriptor cgroup(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!cgroup.valid()) throw Failure(errno, attempted);
  LogCapture capture;
  bpf_link* link = bpf_program__attach_cgroup(program, cgroup.get());
  if (link == nullptr) throw Failure(errno, attempted, capture.text());
  return link;
}

// What the sockets of a map send goes through the program. It ends with the map, which nothing but the object holds.
void AttachSockets(bpf_program* program, int map, const std::string& name) {
  const int error = -bpf_prog_attach(bpf_program__fd(program), map, BPF_SK_MSG_VERDICT, 0);
  if (error != 0) throw Failure(error, "attach to the sockets of \"" + name + "\"");
}

uint64_t Cookie(const Napi::Object& target) { return static_cast<uint64_t>(IntegerMember(target, "cookie", 0)); }

uint64_t Offset(const Napi::Object& target, const char* name = "offset") {
  const int64_t offset = IntegerMember(target, name, 0);
  if (offset < 0) throw Napi::TypeError::New(target.Env(), std::string("\"") + name + "\" must be 0 or more");
  return static_cast<uint64_t>(offset);
}

}  // namespace

void Attachment::Detach() {
  for (bpf_link* link : links_) bpf_link__destroy(link);
  links_.clear();
  descriptors_.clear();
}

std::shared_ptr<Attachment> Attach(bpf_object* object, bpf_program* program, const Napi::Object& target) {
  auto attachment = std::make_shared<Attachment>();
  const std::string kind = StringMember(target, "kind");
  if (kind == "section") {
    attachment->Add(AttachSection(program));
  } else if (kind == "iter") {
    attachment->Add(AttachIterator(program, StringMember(target, "objects")));
  } else if (kind == "tracepoint") {
    const std::string category = StringMember(target, "category");
    const std::string name = StringMember(target, "name");
    attachment->Add(AttachEvent(program, OpenTracepointEvent(category, name),
                                "attach to the tracepoint \"" + category + ":" + name + "\"", Cookie(target)));
  } else if (kind == "kprobe") {
    const ProbePlace place{ProbeKind::kKprobe, BooleanMember(target, "return"), StringMember(target, "function"),
                           Offset(target)};
    attachment->Add(AttachProbe(program, place, -1, Cookie(target)));
  } else if (kind == "uprobe") {
    const ProbePlace place{ProbeKind::kUprobe, BooleanMember(target, "return"), StringMember(target, "path"),
                           Offset(target)};
    const auto pid = static_cast<pid_t>(IntegerMember(target, "pid"));
    attachment->Add(AttachProbe(program, place, pid, Cookie(target), Offset(target, "semaphore")));
  } else if (kind == "kprobes") {
    attachment->Add(AttachFunctions(program, target));
  } else if (kind == "uprobes") {
    attachment->Add(AttachPlaces(program, target));
  } else if (kind == "cgroup") {
    attachment->Add(AttachCgroup(program, StringMember(target, "path")));
  } else if (kind == "sockets") {
    const std::string map = StringMember(target, "map");
    const int fd = bpf_object__find_map_fd_by_name(object, map.c_str());
    if (fd < 0) throw Napi::TypeError::New(target.Env(), "there is no map \"" + map + "\"");
    AttachSockets(program, fd, map);
  } else if (kind == "perf") {
    const PerfSampling sampling{StringMember(target, "name"), static_cast<uint32_t>(IntegerMember(target, "type")),
                                static_cast<uint64_t>(IntegerMember(target, "config")),
                                static_cast<uint64_t>(IntegerMember(target, "every")),
                                StringMember(target, "unit") == "per second"};
    AttachPerfEvent(program, sampling, *attachment);
  } else if (kind == "clock") {
    const int64_t period = IntegerMember(target, "periodNs");
    if (period <= 0) throw Napi::TypeError::New(target.Env(), "\"periodNs\" must be more than 0");
    AttachClock(program, static_cast<uint64_t>(period), StringMember(target, "cpus") == "all", *attachment);
  } else {
    throw Napi::TypeError::New(target.Env(), "no such kind of target: \"" + kind + "\"");
  }
  return attachment;
}

}  // namespace probepipe
