#include "object.h"

#include <bpf/bpf.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "arguments.h"
#include "classes.h"
#include "link.h"
#include "map.h"
#include "ring.h"
#include "uprobe-link.h"

namespace probepipe {
namespace {

using Stage = ObjectState::Stage;

MapShape ShapeOf(const bpf_map* map) {
  return {bpf_map__type(map), bpf_map__key_size(map), bpf_map__value_size(map), bpf_map__max_entries(map)};
}

std::string Quoted(const std::string& name) { return "\"" + name + "\""; }

// bpf_object__load names the program that the kernel refused in its log only: `prog 'NAME': failed to load: -13`.
std::string RefusedProgram(const std::string& log) {
  const std::string prefix = "prog '";
  const size_t refusal = log.rfind("': failed to load: ");
  if (refusal == std::string::npos) return "";
  const size_t start = log.rfind(prefix, refusal);
  return start == std::string::npos ? "" : log.substr(start + prefix.size(), refusal - start - prefix.size());
}

}  // namespace

Napi::Function NativeObject::Define(Napi::Env env) {
  return DefineClass(env, "NativeObject",
                     {
                         Reporting<&NativeObject::Programs>("programs"),
                         Reporting<&NativeObject::Maps>("maps"),
                         Reporting<&NativeObject::SetAutoload>("setAutoload"),
                         Reporting<&NativeObject::SetMulti>("setMulti"),
                         Reporting<&NativeObject::SetMaxEntries>("setMaxEntries"),
                         Reporting<&NativeObject::SetInitialValue>("setInitialValue"),
                         Reporting<&NativeObject::Load>("load"),
                         Reporting<&NativeObject::AttachProgram>("attach"),
                         Reporting<&NativeObject::Settle>("settle"),
                         Reporting<&NativeObject::DetachAll>("detachAll"),
                         Reporting<&NativeObject::ProgramStats>("programStats"),
                         Reporting<&NativeObject::Run>("run"),
                         Reporting<&NativeObject::Map>("map"),
                         Reporting<&NativeObject::OpenRing>("openRing"),
                         Reporting<&NativeObject::Close>("close"),
                     });
}

Napi::Value NativeObject::OpenBytes(const Napi::CallbackInfo& info) {
  const Bytes object = BytesArgument(info, 0, "object");
  auto state = std::make_shared<ObjectState>();
  state->name = StringArgument(info, 1, "name");
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  options.object_name = state->name.c_str();
  // ELF structures are read in place, so they must be aligned, which a Uint8Array need not be.
  const std::vector<uint8_t> aligned(object.data, object.data + object.size);
  LogCapture capture;
  state->object = bpf_object__open_mem(aligned.data(), aligned.size(), &options);
  if (state->object == nullptr) throw Failure(errno, "open the object " + Quoted(state->name), capture.text());
  Seed seed{std::move(state)};
  return Construct(info.Env(), Classes::Of(info.Env()).object, seed);
}

NativeObject::NativeObject(const Napi::CallbackInfo& info)
    : Reported(info), state_(std::move(SeedOf<Seed>(info).state)) {}

void NativeObject::Require(Stage stage, const std::string& attempted) const {
  if (state_->stage == stage) return;
  const std::string name = Quoted(state_->name);
  switch (state_->stage) {
    case Stage::kOpened: throw Failure(EINVAL, attempted, "the object " + name + " is not loaded yet");
    case Stage::kLoaded: throw Failure(EINVAL, attempted, "the object " + name + " is loaded already");
    case Stage::kRefused: throw Failure(EINVAL, attempted, "the object " + name + " failed to load");
    case Stage::kClosed: throw Failure(EBADF, attempted, "the object " + name + " is closed");
  }
}

bpf_program* NativeObject::FindProgram(const std::string& name, const std::string& attempted) const {
  if (bpf_program* program = bpf_object__find_program_by_name(state_->object, name.c_str())) return program;
  throw Failure(ENOENT, attempted, "the object " + Quoted(state_->name) + " has no such program");
}

bpf_map* NativeObject::FindMap(const std::string& name, const std::string& attempted) const {
  if (bpf_map* map = bpf_object__find_map_by_name(state_->object, name.c_str())) return map;
  throw Failure(ENOENT, attempted, "the object " + Quoted(state_->name) + " has no such map");
}

Napi::Value NativeObject::Programs(const Napi::CallbackInfo& info) {
  if (state_->object == nullptr) Require(Stage::kOpened, "list the programs");
  Napi::Array list = Napi::Array::New(info.Env());
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, state_->object) {
    Napi::Object entry = Napi::Object::New(info.Env());
    entry.Set("name", bpf_program__name(program));
    entry.Set("section", bpf_program__section_name(program));
    list.Set(list.Length(), entry);
  }
  return list;
}

Napi::Value NativeObject::Maps(const Napi::CallbackInfo& info) {
  if (state_->object == nullptr) Require(Stage::kOpened, "list the maps");
  Napi::Array list = Napi::Array::New(info.Env());
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, state_->object) {
    list.Set(list.Length(), MapInfo(info.Env(), bpf_map__name(map), ShapeOf(map)));
  }
  return list;
}

Napi::Value NativeObject::SetAutoload(const Napi::CallbackInfo& info) {
  const std::string name = StringArgument(info, 0, "program");
  const bool on = BooleanArgument(info, 1, "on");
  const std::string attempted = std::string(on ? "take in" : "leave out") + " the program " + Quoted(name);
  Require(Stage::kOpened, attempted);
  const int error = -bpf_program__set_autoload(FindProgram(name, attempted), on);
  if (error != 0) throw Failure(error, attempted);
  return info.Env().Undefined();
}

Napi::Value NativeObject::SetMulti(const Napi::CallbackInfo& info) {
  const std::string name = StringArgument(info, 0, "program");
  const std::string kind = StringArgument(info, 1, "kind");
  const std::string attempted = "prepare the program " + Quoted(name) + " for many places";
  Require(Stage::kOpened, attempted);
  const auto type = static_cast<bpf_attach_type>(kind == "uprobe" ? kUprobeMulti : kKprobeMulti);
  const int error = -bpf_program__set_expected_attach_type(FindProgram(name, attempted), type);
  if (error != 0) throw Failure(error, attempted);
  return info.Env().Undefined();
}

Napi::Value NativeObject::SetMaxEntries(const Napi::CallbackInfo& info) {
  const std::string name = StringArgument(info, 0, "map");
  const auto entries = static_cast<uint32_t>(SizeArgument(info, 1, "entries"));
  const std::string attempted = "size the map " + Quoted(name);
  Require(Stage::kOpened, attempted);
  LogCapture capture;
  const int error = -bpf_map__set_max_entries(FindMap(name, attempted), entries);
  if (error != 0) throw Failure(error, attempted, capture.text());
  return info.Env().Undefined();
}

Napi::Value NativeObject::SetInitialValue(const Napi::CallbackInfo& info) {
  const std::string section = StringArgument(info, 0, "section");
  const uint64_t offset = SizeArgument(info, 1, "offset");
  const Bytes bytes = BytesArgument(info, 2, "bytes");
  const std::string attempted = "set bytes of the section " + Quoted(section);
  Require(Stage::kOpened, attempted);
  size_t size = 0;
  // libbpf creates the map with what stands here at the load; it says const, and its own skeletons write it.
  void* value = const_cast<void*>(bpf_map__initial_value(FindMap(section, attempted), &size));
  if (value == nullptr) throw Failure(EINVAL, attempted, "it is a map without an initial value");
  if (offset > size || bytes.size > size - offset) {
    throw Failure(ERANGE, attempted, "the section has " + std::to_string(size) + " bytes");
  }
  memcpy(static_cast<uint8_t*>(value) + offset, bytes.data, bytes.size);
  return info.Env().Undefined();
}

Napi::Value NativeObject::Load(const Napi::CallbackInfo& info) {
  Require(Stage::kOpened, "load the object " + Quoted(state_->name));
  std::map<std::string, std::unique_ptr<InnerMap>> inner_maps;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, state_->object) {
    if (auto inner = InnerMap::Define(map)) inner_maps[bpf_map__name(map)] = std::move(inner);
  }
  state_->stage = Stage::kRefused;
  LogCapture capture;
  // libbpf loads without a log; upon a refusal it loads again with one, of up to 4 GiB, and prints that. RLIMIT_MEMLOCK is libbpf's
  // matter, too: it raises it only on kernels before 5.11, which count BPF memory by it, and goes on where it cannot.
  const int error = -bpf_object__load(state_->object);
  if (error != 0) {
    const std::string program = RefusedProgram(capture.text());
    const std::string what = program.empty() ? "object " + Quoted(state_->name) : "program " + Quoted(program);
    throw Failure(error, "load the " + what, capture.text());
  }
  state_->stage = Stage::kLoaded;
  for (auto& [name, inner] : inner_maps) {
    const auto outer = OpenMap(name, "open the map " + Quoted(name));
    inner->Fill(outer->fd.get());
    outer->inner = std::move(inner);
  }
  return info.Env().Undefined();
}

Napi::Value NativeObject::AttachProgram(const Napi::CallbackInfo& info) {
  const std::string name = StringArgument(info, 0, "program");
  const Napi::Object target = ObjectArgument(info, 1, "target");
  const std::string attempted = "attach the program " + Quoted(name);
  Require(Stage::kLoaded, attempted);
  NativeLink::Seed seed{state_, Attach(state_->object, FindProgram(name, attempted), target)};
  state_->attachments.push_back(seed.attachment);
  return Construct(info.Env(), Classes::Of(info.Env()).link, seed);
}

Napi::Value NativeObject::Settle(const Napi::CallbackInfo& info) {
  Require(Stage::kLoaded, "settle the programs");
  state_->settling->Begin();
  return info.Env().Undefined();
}

Napi::Value NativeObject::DetachAll(const Napi::CallbackInfo& info) {
  Require(Stage::kLoaded, "detach all programs");
  state_->DetachAll();
  return info.Env().Undefined();
}

Napi::Value NativeObject::ProgramStats(const Napi::CallbackInfo& info) {
  const std::string name = StringArgument(info, 0, "program");
  const std::string attempted = "read the statistics of the program " + Quoted(name);
  Require(Stage::kLoaded, attempted);
  bpf_prog_info account{};
  uint32_t size = sizeof(account);
  const int error = -bpf_obj_get_info_by_fd(bpf_program__fd(FindProgram(name, attempted)), &account, &size);
  if (error != 0) throw Failure(error, attempted);
  Napi::Object stats = Napi::Object::New(info.Env());
  stats.Set("id", account.id);
  stats.Set("runCount", Napi::BigInt::New(info.Env(), uint64_t{account.run_cnt}));
  stats.Set("runTimeNs", Napi::BigInt::New(info.Env(), uint64_t{account.run_time_ns}));
  stats.Set("recursionMisses", Napi::BigInt::New(info.Env(), uint64_t{account.recursion_misses}));
  return stats;
}

// A run is not interrupted by other work of its processor where the kernel does not preempt itself.
constexpr size_t kMessagesPerRun = 64;

Napi::Value NativeObject::Run(const Napi::CallbackInfo& info) {
  const std::string name = StringArgument(info, 0, "program");
  const Bytes addresses = BytesArgument(info, 1, "addresses");
  const std::string attempted = "run the program " + Quoted(name);
  Require(Stage::kLoaded, attempted);
  const int program = bpf_program__fd(FindProgram(name, attempted));
  const size_t messages = addresses.size / sizeof(uint64_t);
  for (size_t at = 0; at < messages; at += kMessagesPerRun) {
    const uint64_t context[] = {reinterpret_cast<uintptr_t>(addresses.data) + at * sizeof(uint64_t),
                                std::min(messages - at, kMessagesPerRun)};
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.ctx_in = context;
    options.ctx_size_in = sizeof(context);
    const int error = -bpf_prog_test_run_opts(program, &options);
    if (error != 0) throw Failure(error, attempted);
  }
  return info.Env().Undefined();
}

std::shared_ptr<KernelMap> NativeObject::OpenMap(const std::string& name, const std::string& attempted) {
  auto& known = state_->maps[name];
  if (known) return known;
  bpf_map* map = FindMap(name, attempted);
  auto opened = std::make_shared<KernelMap>();
  opened->name = name;
  opened->shape = ShapeOf(map);
  opened->settling = state_->settling;
  // One of our own, since libbpf closes its own with the object, while a read may be under way.
  opened->fd = FileDescriptor(fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 0));
  if (!opened->fd.valid()) throw Failure(errno, attempted);
  return known = std::move(opened);
}

Napi::Value NativeObject::Map(const Napi::CallbackInfo& info) {
  const std::string name = StringArgument(info, 0, "name");
  const std::string attempted = "open the map " + Quoted(name);
  Require(Stage::kLoaded, attempted);
  NativeMap::Seed seed{state_, OpenMap(name, attempted)};
  return Construct(info.Env(), Classes::Of(info.Env()).map, seed);
}

Napi::Value NativeObject::OpenRing(const Napi::CallbackInfo& info) {
  const std::string name = StringArgument(info, 0, "map");
  const Napi::Object options = ObjectArgument(info, 1, "options");
  const std::string attempted = "open the ring buffer " + Quoted(name);
  Require(Stage::kLoaded, attempted);
  if (state_->rings.count(name) > 0) throw Failure(EBUSY, attempted, "it is open already");
  NativeRing::Seed seed{state_, OpenMap(name, attempted)};
  if (seed.map->shape.type != BPF_MAP_TYPE_RINGBUF) throw Failure(EINVAL, attempted, "it is a map of another type");
  Napi::Object ring = Construct(info.Env(), Classes::Of(info.Env()).ring, seed);
  NativeRing::Unwrap(ring)->Start(options);
  return ring;
}

Napi::Value NativeObject::Close(const Napi::CallbackInfo& info) {
  // Each takes itself out of the list.
  while (!state_->rings.empty()) state_->rings.begin()->second->CloseNow();
  state_->Close();
  return info.Env().Undefined();
}

}  // namespace probepipe
