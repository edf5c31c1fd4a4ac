// Header compression of HTTP/2 (RFC 7541) by libnghttp2's inflater: the surface of src/protocols/http2/hpack.ts. An addon of its own, so that a run without
// HTTP/2 does not load it. Comes in: header blocks as a peer sent them. Refused: what does not decode, with undefined; a TypeError is a caller's bug.
#include <napi.h>
#include <nghttp2/nghttp2.h>

#include <memory>
#include <new>

#include "arguments.h"

namespace probepipe {
namespace {

struct Delete {
  void operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }
};

Napi::Value Latin1(Napi::Env env, const uint8_t* text, size_t length) {
  napi_value value = nullptr;
  const napi_status status = napi_create_string_latin1(env, reinterpret_cast<const char*>(text), length, &value);
  NAPI_THROW_IF_FAILED(env, status, Napi::Value());
  return {env, value};
}

class HpackInflater : public Napi::ObjectWrap<HpackInflater> {
 public:
  // new HpackInflater(table): a peer may ask for a dynamic table of so many bytes, and no more.
  explicit HpackInflater(const Napi::CallbackInfo& info) : Napi::ObjectWrap<HpackInflater>(info) {
    const size_t table = SizeArgument(info, 0, "table");
    nghttp2_hd_inflater* made = nullptr;
    if (nghttp2_hd_inflate_new(&made) != 0) throw std::bad_alloc();
    inflater_.reset(made);
    if (nghttp2_hd_inflate_change_table_size(made, table) != 0) throw std::bad_alloc();
  }

  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "HpackInflater", {InstanceMethod<&HpackInflater::Inflate>("inflate")});
  }

 private:
  // inflate(block, most): names and values by turns, the first `most` bytes of them. After a block that does not decode none does: the table is not the peer's any more.
  Napi::Value Inflate(const Napi::CallbackInfo& info) {
    const Bytes block = BytesArgument(info, 0, "block");
    const uint64_t most = SizeArgument(info, 1, "most");
    Napi::Env env = info.Env();
    Napi::Array fields = Napi::Array::New(env);
    const uint8_t* at = block.data;
    size_t left = block.size;
    uint64_t bytes = 0;
    while (inflater_ != nullptr) {
      nghttp2_nv field;
      int flags = NGHTTP2_HD_INFLATE_NONE;
      const ssize_t used = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, at, left, 1);
      if (used < 0) {
        inflater_.reset();
        break;
      }
      at += used;
      left -= static_cast<size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        bytes += field.namelen + field.valuelen;
        // One byte may stand for a whole entry of the table: a small block for many megabytes.
        if (bytes <= most) {
          Napi::HandleScope scope(env);
          fields.Set(fields.Length(), Latin1(env, field.name, field.namelen));
          fields.Set(fields.Length(), Latin1(env, field.value, field.valuelen));
        }
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        nghttp2_hd_inflate_end_headers(inflater_.get());
        return fields;
      }
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && left == 0) return fields;
    }
    return env.Undefined();
  }

  std::unique_ptr<nghttp2_hd_inflater, Delete> inflater_;
};

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("HpackInflater", HpackInflater::Define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(hpack, Initialize)

}  // namespace probepipe
