#include "map-entries.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <unordered_set>

#include "errors.h"
#include "system.h"

namespace probepipe {
namespace {

// The kernel's own number for an operation that a kind of map lacks, which user space's errno.h does not have.
constexpr int kNotSupported = 524;
constexpr size_t kBatchBytes = size_t{1} << 20;
constexpr uint32_t kSmallestBatch = 64;
// generic_map_lookup_batch gives EINTR where keys vanish under it faster than it can follow.
constexpr int kInterruptions = 16;

// Entries grown by room for one more batch, cut back to what was read.
class Room {
 public:
  Room(MapEntries& entries, size_t key_size, size_t value_size)
      : entries_(entries), key_size_(key_size), value_size_(value_size) {}

  void Reserve(size_t count) { Resize(entries_.count + count); }
  void Keep(size_t count) {
    entries_.count += count;
    Resize(entries_.count);
  }
  uint8_t* key() { return entries_.keys.data() + entries_.count * key_size_; }
  uint8_t* value() { return entries_.values.data() + entries_.count * value_size_; }

 private:
  void Resize(size_t count) {
    entries_.keys.resize(count * key_size_);
    entries_.values.resize(count * value_size_);
  }

  MapEntries& entries_;
  const size_t key_size_;
  const size_t value_size_;
};

bool LacksBatches(int error) { return error == ENOTSUP || error == kNotSupported || error == EINVAL; }

// 0, or the errno of why not; then what was read before it is incomplete.
int ReadInBatches(int fd, const MapShape& shape, Room& room, size_t entry_bytes) {
  // A hash map's position is a bucket number, another map's a key.
  std::vector<uint8_t> position(std::max<size_t>(shape.key_size, sizeof(uint64_t)));
  std::vector<uint8_t> next(position.size());
  const auto fitting = static_cast<uint32_t>(std::max<size_t>(kBatchBytes / entry_bytes, kSmallestBatch));
  uint32_t batch = std::max<uint32_t>(1, std::min(shape.max_entries, fitting));
  bool first = true;
  int interruptions = 0;
  bpf_map_batch_opts options{};
  options.sz = sizeof(options);
  while (true) {
    room.Reserve(batch);
    uint32_t count = batch;
    const int error = -bpf_map_lookup_batch(fd, first ? nullptr : position.data(), next.data(), room.key(),
                                            room.value(), &count, &options);
    if (error == 0 || error == ENOENT) {
      room.Keep(count);
      if (error == ENOENT) return 0;
      position.swap(next);
      first = false;
    } else if (error == ENOSPC && batch <= shape.max_entries) {
      // A hash map's batch holds whole buckets, and the next one is larger than the batch.
      batch *= 2;
    } else if (error != EINTR || ++interruptions > kInterruptions) {
      return error;
    }
  }
}

// When a key is deleted between two steps, the kernel starts over from the first one: keys seen before are passed over, and the steps
// are bounded, since a program that changes the map fast enough could keep this going for ever.
int ReadOneByOne(int fd, const MapShape& shape, Room& room) {
  std::unordered_set<std::string> seen;
  std::string key;
  std::string next(shape.key_size, '\0');
  const uint64_t limit = uint64_t{shape.max_entries} * 4 + 1024;
  for (uint64_t step = 0; step < limit; step++) {
    const int end = -bpf_map_get_next_key(fd, step == 0 ? nullptr : key.data(), next.data());
    if (end == ENOENT) return 0;
    if (end != 0) return end;
    key = next;
    if (!seen.insert(key).second) continue;
    room.Reserve(1);
    const int error = -bpf_map_lookup_elem(fd, key.data(), room.value());
    if (error == 0) std::copy(key.begin(), key.end(), room.key());
    else if (error != ENOENT) return error;
    room.Keep(error == 0 ? 1 : 0);
  }
  return 0;
}

// Their values are had by taking them out.
bool IsSequence(uint32_t type) { return type == BPF_MAP_TYPE_QUEUE || type == BPF_MAP_TYPE_STACK; }

// Bounded, since a program may push while this goes on.
int TakeOut(int fd, const MapShape& shape, Room& room) {
  for (uint64_t taken = 0; taken < shape.max_entries; taken++) {
    room.Reserve(1);
    const int error = -bpf_map_lookup_and_delete_elem(fd, nullptr, room.value());
    if (error == ENOENT) return 0;
    if (error != 0) return error;
    room.Keep(1);
  }
  return 0;
}

bool IsPerCpu(uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
         type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

}  // namespace

size_t LookupSize(const MapShape& shape) {
  if (!IsPerCpu(shape.type)) return shape.value_size;
  return size_t{PossibleCpus()} * ((size_t{shape.value_size} + 7) / 8 * 8);
}

MapEntries ReadEntries(int fd, const MapShape& shape, const std::string& name) {
  const size_t value_size = LookupSize(shape);
  MapEntries entries;
  Room room(entries, shape.key_size, value_size);
  const bool sequence = IsSequence(shape.type);
  int error = sequence ? TakeOut(fd, shape, room) : ReadInBatches(fd, shape, room, shape.key_size + value_size);
  if (!sequence && (LacksBatches(error) || error == EINTR)) {
    entries = {};
    error = ReadOneByOne(fd, shape, room);
  }
  if (error != 0) throw Failure(error, "read the map \"" + name + "\"");
  room.Keep(0);
  return entries;
}

}  // namespace probepipe
