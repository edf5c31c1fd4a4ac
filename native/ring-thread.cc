#include "ring-thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "errors.h"

namespace probepipe {
namespace {

// Of a reader that waits 20 ms: two seconds without a record. Each look takes a sleeping processor some 40 microseconds.
constexpr int kLooksBeforeIdle = 100;
// Somebody waits for the first record: for its first tenth of a second a reader looks this often.
constexpr int kFirstLooks = 50;
constexpr int kFirstIntervalMs = 2;

void Watch(const FileDescriptor& epoll, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw Failure(errno, "wait for a ring buffer");
}

}  // namespace

RingThread::RingThread(std::shared_ptr<RingMemory> memory, int fd, Options options)
    : memory_(std::move(memory)),
      options_(std::move(options)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_.valid() || !stop_.valid()) throw Failure(errno, "wait for a ring buffer");
  // Edge-triggered: a record that is being written is data to the kernel's poll, and would keep the thread spinning.
  Watch(epoll_, fd, EPOLLIN | EPOLLET);
  Watch(epoll_, stop_.get(), EPOLLIN);
  // Signals belong to the main thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread(&RingThread::Run, this);
  } catch (const std::system_error& error) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw Failure(error.code().value(), "start a thread for a ring buffer");
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), "probepipe-ring");
}

void RingThread::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void RingThread::Run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || (turn_ == Turn::kThread && !held_back_); });
      if (stopping_) return;
    }
    // After a release it looks again at once, and only sleeps when there is nothing.
    if (Announce()) {
      empty_looks_ = 0;
    } else {
      Wait();
    }
  }
}

bool RingThread::Announce() {
  {
    const std::lock_guard lock(mutex_);
    if (turn_ != Turn::kThread || held_back_) return true;
    stretch_ = memory_->Committed(options_.max_bytes);
    if (stretch_.start == stretch_.end) return false;
    turn_ = Turn::kAnnounced;
  }
  options_.announce();
  return true;
}

// Programs submit mostly without a wake-up, so the time-out is what finds their records; wake-ups come past a fill level.
void RingThread::Wait() {
  const bool idle = empty_looks_ >= kLooksBeforeIdle;
  if (!idle) empty_looks_++;
  int interval = idle ? options_.idle_interval_ms : options_.interval_ms;
  if (first_looks_ < kFirstLooks) {
    first_looks_++;
    interval = std::min(interval, kFirstIntervalMs);
  }
  epoll_event events[2];
  epoll_wait(epoll_.get(), events, 2, interval);
}

std::optional<Stretch> RingThread::TakeAnnounced() {
  const std::lock_guard lock(mutex_);
  if (turn_ != Turn::kAnnounced) return std::nullopt;
  turn_ = Turn::kOut;
  return stretch_;
}

std::optional<Stretch> RingThread::TakeNow() {
  const std::lock_guard lock(mutex_);
  if (turn_ == Turn::kOut) return std::nullopt;
  if (turn_ == Turn::kThread) stretch_ = memory_->Committed(options_.max_bytes);
  if (stretch_.start == stretch_.end) return std::nullopt;
  turn_ = Turn::kOut;
  return stretch_;
}

bool RingThread::IsOut() {
  const std::lock_guard lock(mutex_);
  return turn_ == Turn::kOut;
}

bool RingThread::Release(size_t end) {
  {
    const std::lock_guard lock(mutex_);
    const uint64_t length = stretch_.end - stretch_.start;
    if (turn_ != Turn::kOut || end != memory_->Offset(stretch_.start) + length) return false;
    memory_->Consume(stretch_.end);
    turn_ = Turn::kThread;
  }
  changed_.notify_one();
  return true;
}

void RingThread::HoldBack(bool on) {
  {
    const std::lock_guard lock(mutex_);
    held_back_ = on;
  }
  changed_.notify_one();
}

}  // namespace probepipe
