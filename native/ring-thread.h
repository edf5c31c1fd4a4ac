// The thread that waits for a ring's records, and whose turn it is: between the thread and JavaScript there is never more than one
// stretch of records.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "file-descriptor.h"
#include "ring-memory.h"

namespace probepipe {

class RingThread {
 public:
  struct Options {
    int interval_ms;
    // The same once nothing has come for a while.
    int idle_interval_ms;
    size_t max_bytes;
    // Called on the thread: there is a stretch to take.
    std::function<void()> announce;
  };

  // `fd` must stay open while the thread runs.
  RingThread(std::shared_ptr<RingMemory> memory, int fd, Options options);
  ~RingThread() { Stop(); }
  void Stop();

  // The rest is for the main thread.

  // The announced stretch, which is now out; nothing where it was taken already.
  std::optional<Stretch> TakeAnnounced();
  // Whatever is committed now, announced or not, which is now out. Not while a stretch is out.
  std::optional<Stretch> TakeNow();
  bool IsOut();
  // Gives the stretch that is out back to the kernel. `end`: its end as an offset into the memory. False where no such one is out.
  bool Release(size_t end);
  // While one lives, the thread looks for nothing.
  class HeldBack {
   public:
    explicit HeldBack(RingThread& thread) : thread_(thread) { thread_.HoldBack(true); }
    ~HeldBack() { thread_.HoldBack(false); }
    HeldBack(const HeldBack&) = delete;
    HeldBack& operator=(const HeldBack&) = delete;

   private:
    RingThread& thread_;
  };

 private:
  void HoldBack(bool on);
  enum class Turn { kThread, kAnnounced, kOut };

  void Run();
  void Wait();
  bool Announce();

  const std::shared_ptr<RingMemory> memory_;
  const Options options_;
  FileDescriptor epoll_;
  FileDescriptor stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Turn turn_ = Turn::kThread;
  Stretch stretch_{};
  bool held_back_ = false;
  bool stopping_ = false;
  // The thread's own: how often in a row it found nothing.
  int empty_looks_ = 0;
  int first_looks_ = 0;
  std::thread thread_;
};

}  // namespace probepipe
