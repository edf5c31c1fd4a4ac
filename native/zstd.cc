// Zstandard (RFC 8878) by libzstd: the surface of src/sinks/zstd.ts. An addon of its own, so that a run that compresses with nothing or with gzip does not load it.
// Comes in: bytes, which are copied, since the caller may use them again. Goes out: one whole frame with a checksum, made on a thread of the pool.
#include <napi.h>
#include <zstd.h>

#include <memory>
#include <vector>

#include "arguments.h"

namespace probepipe {
namespace {

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

class Compression : public Napi::AsyncWorker {
 public:
  Compression(Napi::Env env, Bytes from, int level)
      : Napi::AsyncWorker(env), deferred_(env), from_(from.data, from.data + from.size), level_(level) {}

  Napi::Promise Promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
    if (context == nullptr) return SetError("no memory to compress with");
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level_);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    to_.resize(ZSTD_compressBound(from_.size()));
    const size_t size = ZSTD_compress2(context.get(), to_.data(), to_.size(), from_.data(), from_.size());
    if (ZSTD_isError(size)) return SetError(ZSTD_getErrorName(size));
    to_.resize(size);
  }

  void OnOK() override { deferred_.Resolve(Napi::Buffer<uint8_t>::Copy(Env(), to_.data(), to_.size())); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  const std::vector<uint8_t> from_;
  const int level_;
  std::vector<uint8_t> to_;
};

// compress(bytes, level): a promise of the frame.
Napi::Value Compress(const Napi::CallbackInfo& info) {
  const Bytes from = BytesArgument(info, 0, "bytes");
  auto* work = new Compression(info.Env(), from, static_cast<int>(SizeArgument(info, 1, "level")));
  const Napi::Promise promise = work->Promise();
  // It deletes itself when it is done.
  work->Queue();
  return promise;
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("compress", Napi::Function::New(env, Compress, "compress"));
  return exports;
}

}  // namespace

NODE_API_MODULE(zstd, Initialize)

}  // namespace probepipe
