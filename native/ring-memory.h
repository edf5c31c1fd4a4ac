// The pages of a BPF ring buffer, and the protocol over them (Documentation/bpf/ringbuf.rst, kernel/bpf/ringbuf.c). Positions
// count bytes since the ring was made, and never wrap.
#pragma once

#include <cstddef>
#include <cstdint>

namespace probepipe {

// Committed records, whole, from position `start` to `end`.
struct Stretch {
  uint64_t start;
  uint64_t end;
};

class RingMemory {
 public:
  // `size`: of the data in bytes, a power of 2, as the map's max_entries.
  RingMemory(int fd, uint32_t size);
  ~RingMemory() { Unmap(); }
  RingMemory(const RingMemory&) = delete;
  RingMemory& operator=(const RingMemory&) = delete;
  void Unmap();

  // The data, mapped twice in a row, so that no record is split.
  uint8_t* data() const { return data_; }
  size_t data_bytes() const { return size_t{2} * size_; }
  size_t Offset(uint64_t position) const { return position & (size_ - 1); }

  // From the consumer's position up to the first record that is still being written, at most `max_bytes` but at least one record;
  // empty where nothing is committed.
  Stretch Committed(size_t max_bytes) const;
  // Gives the bytes up to `end` back to the kernel.
  void Consume(uint64_t end);
  uint64_t ConsumerPosition() const;
  uint64_t ProducerPosition() const;

 private:
  const uint32_t size_;
  const size_t page_;
  uint64_t* consumer_ = nullptr;
  uint64_t* producer_ = nullptr;
  uint8_t* data_ = nullptr;
};

}  // namespace probepipe
