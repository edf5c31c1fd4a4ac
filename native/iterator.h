// NativeIterator of src/runtime/native-addon.ts: one walk of an iterator's program over the kernel's objects.
#pragma once

#include "errors.h"
#include "file-descriptor.h"
#include "object-state.h"

namespace probepipe {

class NativeIterator : public Reported<NativeIterator> {
 public:
  struct Seed {
    std::shared_ptr<ObjectState> state;
    FileDescriptor fd;
  };

  static Napi::Function Define(Napi::Env env);
  explicit NativeIterator(const Napi::CallbackInfo& info);

 private:
  Napi::Value Step(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  std::shared_ptr<ObjectState> state_;
  // A step under way on another thread holds it, too.
  std::shared_ptr<FileDescriptor> fd_;
};

}  // namespace probepipe
