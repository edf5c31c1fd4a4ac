#include "link.h"

#include "classes.h"

namespace probepipe {

Napi::Function NativeLink::Define(Napi::Env env) {
  return DefineClass(env, "NativeLink", {Reporting<&NativeLink::Detach>("detach")});
}

NativeLink::NativeLink(const Napi::CallbackInfo& info) : Reported(info) {
  Seed& seed = SeedOf<Seed>(info);
  state_ = std::move(seed.state);
  attachment_ = std::move(seed.attachment);
}

Napi::Value NativeLink::Detach(const Napi::CallbackInfo& info) {
  state_->Detach(attachment_);
  return info.Env().Undefined();
}

}  // namespace probepipe
