#include "ring.h"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "arguments.h"
#include "classes.h"

namespace probepipe {
namespace {

// How long a drain waits, in all, for records that are being written: programs are detached by then, but one may have been
// preempted in the middle.
constexpr int kDrainPauses = 200;
constexpr timespec kDrainPause{0, 500'000};

RingThread::Options ReadOptions(const Napi::Object& options) {
  const int64_t interval = IntegerMember(options, "intervalMs");
  const int64_t bytes = IntegerMember(options, "maxBatchBytes");
  if (interval < 1 || interval > std::numeric_limits<int>::max()) {
    throw Napi::TypeError::New(options.Env(), "\"intervalMs\" must be 1 or more");
  }
  const int64_t idle_interval = IntegerMember(options, "idleIntervalMs", interval);
  if (idle_interval < interval || idle_interval > std::numeric_limits<int>::max()) {
    throw Napi::TypeError::New(options.Env(), "\"idleIntervalMs\" must be at least \"intervalMs\"");
  }
  if (bytes < 1) throw Napi::TypeError::New(options.Env(), "\"maxBatchBytes\" must be 1 or more");
  return {static_cast<int>(interval), static_cast<int>(idle_interval), static_cast<size_t>(bytes), nullptr};
}

}  // namespace

Napi::Function NativeRing::Define(Napi::Env env) {
  return DefineClass(env, "NativeRing",
                     {
                         Reporting<&NativeRing::Release>("release"),
                         Reporting<&NativeRing::Drain>("drain"),
                         Reporting<&NativeRing::Close>("close"),
                     });
}

NativeRing::NativeRing(const Napi::CallbackInfo& info) : Reported(info) {
  Seed& seed = SeedOf<Seed>(info);
  state_ = seed.state;
  map_ = seed.map;
}

void NativeRing::Start(const Napi::Object& given) {
  Napi::Env env = Env();
  RingThread::Options options = ReadOptions(given);
  const Napi::Value callback = given.Get("onBatch");
  if (!callback.IsFunction()) throw Napi::TypeError::New(env, "\"onBatch\" must be a function");
  on_batch_ = Napi::Persistent(callback.As<Napi::Function>());
  memory_ = std::make_shared<RingMemory>(map_->fd.get(), map_->shape.max_entries);

  // The buffer shares the pages, which so outlive a ring that was never closed.
  auto* held = new std::shared_ptr<RingMemory>(memory_);
  const auto buffer = Napi::ArrayBuffer::New(
      env, memory_->data(), memory_->data_bytes(),
      [](Napi::Env, void*, std::shared_ptr<RingMemory>* memory) { delete memory; }, held);
  buffer_ = Napi::Persistent(buffer);
  Value().DefineProperty(Napi::PropertyDescriptor::Value("memory", buffer, napi_enumerable));

  announcement_ = Announcement::New(env, on_batch_.Value(), "probepipe ring", 0, 1, this,
                                    [](Napi::Env, void*, NativeRing* ring) { ring->Unref(); });
  // An announcement may stand in the event loop's queue when the ring is closed, so the ring stays until the queue is gone.
  Ref();
  // Hooks run last in, first out: the thread ends before the queue that it writes to.
  napi_add_env_cleanup_hook(env, StopAtTeardown, this);
  open_ = true;
  state_->rings[map_->name] = this;
  options.announce = [this] { announcement_.NonBlockingCall(); };
  try {
    thread_ = std::make_shared<RingThread>(memory_, map_->fd.get(), std::move(options));
  } catch (const Failure&) {
    CloseNow();
    throw;
  }
}

NativeRing::~NativeRing() {
  thread_.reset();
  if (open_) state_->rings.erase(map_->name);
}

void NativeRing::StopAtTeardown(void* ring) { static_cast<NativeRing*>(ring)->StopThread(); }

void NativeRing::StopThread() {
  if (thread_) thread_->Stop();
  thread_.reset();
  announcement_.Abort();
}

void NativeRing::CloseNow() {
  if (!open_) return;
  open_ = false;
  StopThread();
  napi_remove_env_cleanup_hook(Env(), StopAtTeardown, this);
  state_->rings.erase(map_->name);
  map_.reset();
  on_batch_.Reset();
  // Whoever still reads the memory finds it empty, rather than pages that are gone.
  buffer_.Value().Detach();
  buffer_.Reset();
  memory_->Unmap();
}

void NativeRing::Deliver(const Stretch& stretch) {
  Napi::Env env = Env();
  const size_t start = memory_->Offset(stretch.start);
  const size_t end = start + (stretch.end - stretch.start);
  on_batch_.Call({Napi::Number::New(env, static_cast<double>(start)), Napi::Number::New(env, static_cast<double>(end))});
}

void NativeRing::OnAnnounce(Napi::Env env, Napi::Function, NativeRing* ring, void*) {
  // Without an environment the queue is being emptied.
  if (napi_env{env} == nullptr || !ring->open_) return;
  const auto stretch = ring->thread_->TakeAnnounced();
  if (!stretch) return;
  try {
    ring->Deliver(*stretch);
  } catch (const Napi::Error& error) {
    // No JavaScript called this that could catch it. Left to itself, Node 20 only warns, and the ring would stand still.
    napi_fatal_exception(env, error.Value());
  }
}

Napi::Value NativeRing::Release(const Napi::CallbackInfo& info) {
  const uint64_t end = SizeArgument(info, 0, "end");
  // A consumer that was late has nothing to give back any more.
  if (open_ && !thread_->Release(end)) {
    throw Failure(EINVAL, "release a ring buffer's batch", "no batch that ends at " + std::to_string(end) + " is out");
  }
  return info.Env().Undefined();
}

Napi::Value NativeRing::Drain(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!open_) return env.Undefined();
  state_->settling->Await();
  // Programs that go on submitting would keep this from ending, so what comes later is left to the thread.
  const uint64_t until = memory_->ProducerPosition();
  // A callback may close the ring.
  const auto thread = thread_;
  const RingThread::HeldBack held_back(*thread);
  int pauses = 0;
  while (open_ && memory_->ConsumerPosition() < until) {
    if (thread->IsOut()) throw Failure(EBUSY, "drain a ring buffer", "a batch is out that was not released");
    const Napi::HandleScope scope(env);
    if (const auto stretch = thread->TakeNow()) {
      Deliver(*stretch);
    } else if (++pauses <= kDrainPauses) {
      nanosleep(&kDrainPause, nullptr);
    } else {
      break;
    }
  }
  return env.Undefined();
}

Napi::Value NativeRing::Close(const Napi::CallbackInfo& info) {
  CloseNow();
  return info.Env().Undefined();
}

}  // namespace probepipe
