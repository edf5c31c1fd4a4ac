#include "ring-memory.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "errors.h"

namespace probepipe {

// The kernel moves positions by an unsigned long.
static_assert(sizeof(unsigned long) == sizeof(uint64_t), "32-bit machines count ring positions in 32 bits");

RingMemory::RingMemory(int fd, uint32_t size) : size_(size), page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
  void* consumer = mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (consumer == MAP_FAILED) throw Failure(errno, "map the consumer page of a ring buffer");
  consumer_ = static_cast<uint64_t*>(consumer);
  void* producer = mmap(nullptr, page_ + data_bytes(), PROT_READ, MAP_SHARED, fd, static_cast<off_t>(page_));
  if (producer == MAP_FAILED) {
    const int error = errno;
    Unmap();
    throw Failure(error, "map the data of a ring buffer");
  }
  producer_ = static_cast<uint64_t*>(producer);
  data_ = static_cast<uint8_t*>(producer) + page_;
}

void RingMemory::Unmap() {
  if (consumer_ != nullptr) munmap(consumer_, page_);
  if (producer_ != nullptr) munmap(producer_, page_ + data_bytes());
  consumer_ = producer_ = nullptr;
  data_ = nullptr;
}

Stretch RingMemory::Committed(size_t max_bytes) const {
  const uint64_t start = ConsumerPosition();
  const uint64_t limit = ProducerPosition();
  uint64_t end = start;
  while (end < limit) {
    // Pairs with the xchg by which bpf_ringbuf_commit clears the busy bit: the record's bytes are there, too.
    const uint32_t header =
        __atomic_load_n(reinterpret_cast<const uint32_t*>(data_ + Offset(end)), __ATOMIC_ACQUIRE);
    if ((header & BPF_RINGBUF_BUSY_BIT) != 0) break;
    const uint32_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
    const uint64_t next = end + ((uint64_t{length} + BPF_RINGBUF_HDR_SZ + 7) & ~uint64_t{7});
    if (end > start && next - start > max_bytes) break;
    end = next;
  }
  return {start, end};
}

void RingMemory::Consume(uint64_t end) {
  __atomic_store_n(consumer_, end, __ATOMIC_RELEASE);
  // A program that commits while we come to the end sends no wake-up unless it sees that we caught up. So either it sees this store,
  // or we see its record when we look again: neither may pass the other.
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

// Only this process writes it.
uint64_t RingMemory::ConsumerPosition() const { return __atomic_load_n(consumer_, __ATOMIC_ACQUIRE); }

uint64_t RingMemory::ProducerPosition() const { return __atomic_load_n(producer_, __ATOMIC_ACQUIRE); }

}  // namespace probepipe
