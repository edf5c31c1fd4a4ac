#include "iterator.h"

#include <unistd.h>

#include <cerrno>
#include <optional>

#include "arguments.h"
#include "classes.h"

namespace probepipe {
namespace {

// The kernel's own buffer has eight pages (kernel/bpf/bpf_iter.c), and a program that fills it is asked again for its last object.
constexpr uint64_t kMostObjects = 8 * 4096 - 1;

class Reading : public Napi::AsyncWorker {
 public:
  Reading(Napi::Env env, std::shared_ptr<FileDescriptor> fd, size_t objects)
      : AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), fd_(std::move(fd)), marks_(objects) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  // The program writes a byte for each object, so that the kernel stops after as many as are asked for.
  void Execute() override {
    do {
      objects_ = read(fd_->get(), marks_.data(), marks_.size());
    } while (objects_ < 0 && errno == EINTR);
    if (objects_ < 0) failure_.emplace(errno, "walk over the kernel's objects");
    fd_.reset();
  }

  void OnOK() override {
    if (failure_) return deferred_.Reject(failure_->Error(Env()).Value());
    deferred_.Resolve(Napi::Number::New(Env(), static_cast<double>(objects_)));
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::shared_ptr<FileDescriptor> fd_;
  std::vector<uint8_t> marks_;
  ssize_t objects_ = 0;
  std::optional<Failure> failure_;
};

}  // namespace

Napi::Function NativeIterator::Define(Napi::Env env) {
  return DefineClass(env, "NativeIterator",
                     {
                         Promising<&NativeIterator::Step>("step"),
                         Reporting<&NativeIterator::Close>("close"),
                     });
}

NativeIterator::NativeIterator(const Napi::CallbackInfo& info) : Reported(info) {
  Seed& seed = SeedOf<Seed>(info);
  state_ = std::move(seed.state);
  fd_ = std::make_shared<FileDescriptor>(std::move(seed.fd));
}

Napi::Value NativeIterator::Step(const Napi::CallbackInfo& info) {
  const uint64_t objects = SizeArgument(info, 0, "objects");
  if (objects < 1 || objects > kMostObjects) {
    throw Napi::RangeError::New(info.Env(), "\"objects\" must be from 1 to " + std::to_string(kMostObjects));
  }
  if (!fd_) throw Failure(EBADF, "walk over the kernel's objects", "the iterator is closed");
  auto* reading = new Reading(info.Env(), fd_, objects);
  const Napi::Promise promise = reading->promise();
  reading->Queue();
  return promise;
}

Napi::Value NativeIterator::Close(const Napi::CallbackInfo& info) {
  fd_.reset();
  return info.Env().Undefined();
}

}  // namespace probepipe
