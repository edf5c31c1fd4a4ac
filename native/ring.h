// NativeRing of src/runtime/native-addon.ts.
#pragma once

#include "errors.h"
#include "object-state.h"
#include "ring-thread.h"

namespace probepipe {

class NativeRing : public Reported<NativeRing> {
 public:
  struct Seed {
    std::shared_ptr<ObjectState> state;
    std::shared_ptr<KernelMap> map;
  };

  static Napi::Function Define(Napi::Env env);
  explicit NativeRing(const Napi::CallbackInfo& info);
  ~NativeRing() override;

  // With a RingOptions. Throws where it cannot; the ring is closed then.
  void Start(const Napi::Object& given);
  void CloseNow();

 private:
  static void OnAnnounce(Napi::Env env, Napi::Function on_batch, NativeRing* ring, void*);
  using Announcement = Napi::TypedThreadSafeFunction<NativeRing, void, OnAnnounce>;

  Napi::Value Release(const Napi::CallbackInfo& info);
  Napi::Value Drain(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  static void StopAtTeardown(void* ring);
  void StopThread();
  void Deliver(const Stretch& stretch);

  std::shared_ptr<ObjectState> state_;
  std::shared_ptr<KernelMap> map_;
  std::shared_ptr<RingMemory> memory_;
  Napi::Reference<Napi::ArrayBuffer> buffer_;
  Napi::FunctionReference on_batch_;
  Announcement announcement_;
  std::shared_ptr<RingThread> thread_;
  bool open_ = false;
};

}  // namespace probepipe
