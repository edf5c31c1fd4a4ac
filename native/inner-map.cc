#include "inner-map.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <utility>

#include "errors.h"

namespace probepipe {

std::unique_ptr<InnerMap> InnerMap::Define(bpf_map* outer) {
  if (bpf_map__type(outer) != BPF_MAP_TYPE_ARRAY_OF_MAPS) return nullptr;
  bpf_map* definition = bpf_map__inner_map(outer);
  if (definition == nullptr) return nullptr;
  auto inner = std::make_unique<InnerMap>();
  inner->name_ = bpf_map__name(outer);
  inner->shape_ = {bpf_map__type(definition), bpf_map__key_size(definition), bpf_map__value_size(definition),
                   bpf_map__max_entries(definition)};
  inner->flags_ = bpf_map__map_flags(definition);
  inner->numa_node_ = bpf_map__numa_node(definition);
  inner->extra_ = bpf_map__map_extra(definition);
  return inner;
}

std::shared_ptr<FileDescriptor> InnerMap::Create() const {
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  options.map_flags = flags_;
  options.numa_node = numa_node_;
  options.map_extra = extra_;
  LogCapture capture;
  const int fd = bpf_map_create(static_cast<bpf_map_type>(shape_.type), "inner", shape_.key_size, shape_.value_size,
                                shape_.max_entries, &options);
  if (fd < 0) throw Failure(-fd, "make an inner map for \"" + name_ + "\"", capture.text());
  return std::make_shared<FileDescriptor>(fd);
}

// Gives the map that was in the slot before, if it was one of ours.
std::shared_ptr<FileDescriptor> InnerMap::Swap(int outer_fd) {
  auto fresh = Create();
  const std::lock_guard lock(mutex_);
  const uint32_t slot = 0;
  const int fd = fresh->get();
  const int error = -bpf_map_update_elem(outer_fd, &slot, &fd, BPF_ANY);
  if (error != 0) throw Failure(error, "put an inner map into \"" + name_ + "\"");
  return std::exchange(current_, std::move(fresh));
}

void InnerMap::Fill(int outer_fd) { Swap(outer_fd); }

MapEntries InnerMap::SwapAndRead(int outer_fd) {
  const auto old = Swap(outer_fd);
  return ReadEntries(old->get(), shape_, name_);
}

MapEntries InnerMap::Read() {
  std::shared_ptr<FileDescriptor> current;
  {
    const std::lock_guard lock(mutex_);
    current = current_;
  }
  return ReadEntries(current->get(), shape_, name_);
}

}  // namespace probepipe
