// NativeLink of src/runtime/native-addon.ts.
#pragma once

#include "errors.h"
#include "object-state.h"

namespace probepipe {

class NativeLink : public Reported<NativeLink> {
 public:
  struct Seed {
    std::shared_ptr<ObjectState> state;
    std::shared_ptr<Attachment> attachment;
  };

  static Napi::Function Define(Napi::Env env);
  explicit NativeLink(const Napi::CallbackInfo& info);

 private:
  Napi::Value OpenIterator(const Napi::CallbackInfo& info);
  Napi::Value Detach(const Napi::CallbackInfo& info);

  std::shared_ptr<ObjectState> state_;
  std::shared_ptr<Attachment> attachment_;
};

}  // namespace probepipe
