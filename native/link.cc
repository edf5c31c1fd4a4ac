#include "link.h"

#include <bpf/bpf.h>

#include <cerrno>

#include "classes.h"
#include "iterator.h"

namespace probepipe {

Napi::Function NativeLink::Define(Napi::Env env) {
  return DefineClass(env, "NativeLink", {Reporting<&NativeLink::OpenIterator>("openIterator"), Reporting<&NativeLink::Detach>("detach")});
}

NativeLink::NativeLink(const Napi::CallbackInfo& info) : Reported(info) {
  Seed& seed = SeedOf<Seed>(info);
  state_ = std::move(seed.state);
  attachment_ = std::move(seed.attachment);
}

Napi::Value NativeLink::OpenIterator(const Napi::CallbackInfo& info) {
  const std::string attempted = "begin a walk over the kernel's objects";
  const int link = attachment_->LinkFd();
  if (link < 0) throw Failure(EBADF, attempted, "the program is not attached");
  NativeIterator::Seed seed{state_, FileDescriptor(bpf_iter_create(link))};
  if (!seed.fd.valid()) throw Failure(errno, attempted);
  return Construct(info.Env(), Classes::Of(info.Env()).iterator, seed);
}

Napi::Value NativeLink::Detach(const Napi::CallbackInfo& info) {
  state_->Detach(attachment_);
  return info.Env().Undefined();
}

}  // namespace probepipe
