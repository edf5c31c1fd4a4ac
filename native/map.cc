#include "map.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <optional>

#include "arguments.h"
#include "classes.h"

namespace probepipe {
namespace {

// Handed over without a copy: a large map's bytes were copied once already, out of the kernel.
Napi::Uint8Array TakeBytes(Napi::Env env, std::vector<uint8_t> bytes) {
  if (bytes.empty()) return Napi::Uint8Array::New(env, 0);
  auto* owned = new std::vector<uint8_t>(std::move(bytes));
  const auto buffer = Napi::ArrayBuffer::New(
      env, owned->data(), owned->size(), [](Napi::Env, void*, std::vector<uint8_t>* vector) { delete vector; }, owned);
  return Napi::Uint8Array::New(env, owned->size(), buffer, 0);
}

class Reading : public Napi::AsyncWorker {
 public:
  Reading(Napi::Env env, std::function<MapEntries()> read)
      : AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), read_(std::move(read)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      entries_ = read_();
    } catch (const Failure& failure) {
      failure_ = failure;
    }
    // Gives up its hold on the map here, where freeing a large one does not stop the main thread.
    read_ = nullptr;
  }

  void OnOK() override {
    if (failure_) return deferred_.Reject(failure_->Error(Env()).Value());
    Napi::Object result = Napi::Object::New(Env());
    result.Set("count", static_cast<double>(entries_.count));
    result.Set("keys", TakeBytes(Env(), std::move(entries_.keys)));
    result.Set("values", TakeBytes(Env(), std::move(entries_.values)));
    deferred_.Resolve(result);
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::function<MapEntries()> read_;
  MapEntries entries_;
  std::optional<Failure> failure_;
};

Napi::Value ReadLater(Napi::Env env, std::function<MapEntries()> read) {
  auto* reading = new Reading(env, std::move(read));
  const Napi::Promise promise = reading->promise();
  reading->Queue();
  return promise;
}

}  // namespace

Napi::Object MapInfo(Napi::Env env, const std::string& name, const MapShape& shape) {
  Napi::Object info = Napi::Object::New(env);
  info.Set("name", name);
  info.Set("type", shape.type);
  info.Set("keySize", shape.key_size);
  info.Set("valueSize", shape.value_size);
  info.Set("maxEntries", shape.max_entries);
  return info;
}

Napi::Function NativeMap::Define(Napi::Env env) {
  return DefineClass(env, "NativeMap",
                     {
                         Promising<&NativeMap::ReadAll>("readAll"),
                         Reporting<&NativeMap::Lookup>("lookup"),
                         Reporting<&NativeMap::Update>("update"),
                         Reporting<&NativeMap::Delete>("delete"),
                         Promising<&NativeMap::SwapInnerAndRead>("swapInnerAndRead"),
                         Promising<&NativeMap::ReadInner>("readInner"),
                     });
}

NativeMap::NativeMap(const Napi::CallbackInfo& info) : Reported(info) {
  Seed& seed = SeedOf<Seed>(info);
  state_ = std::move(seed.state);
  map_ = seed.map;
  name_ = seed.map->name;
  shape_ = seed.map->shape;
  info.This().As<Napi::Object>().DefineProperty(
      Napi::PropertyDescriptor::Value("info", MapInfo(info.Env(), name_, shape_), napi_enumerable));
}

std::shared_ptr<KernelMap> NativeMap::Open(const char* attempt) const {
  if (auto map = map_.lock()) return map;
  throw Failure(EBADF, std::string(attempt) + " the map \"" + name_ + "\" of a closed object");
}

const uint8_t* NativeMap::Key(const Napi::CallbackInfo& info) const {
  const Bytes key = BytesArgument(info, 0, "key");
  if (key.size == shape_.key_size) return key.data;
  throw Napi::TypeError::New(info.Env(), "a key of \"" + name_ + "\" has " + std::to_string(shape_.key_size) +
                                             " bytes, not " + std::to_string(key.size));
}

Napi::Value NativeMap::ReadAll(const Napi::CallbackInfo& info) {
  return ReadLater(info.Env(), [map = Open("read")] {
    map->settling->Await();
    return ReadEntries(map->fd.get(), map->shape, map->name);
  });
}

Napi::Value NativeMap::Lookup(const Napi::CallbackInfo& info) {
  const auto map = Open("look into");
  const uint8_t* key = Key(info);
  auto value = Napi::Uint8Array::New(info.Env(), LookupSize(shape_));
  map->settling->Await();
  const int error = -bpf_map_lookup_elem(map->fd.get(), key, value.Data());
  if (error == ENOENT) return info.Env().Undefined();
  if (error != 0) throw Failure(error, "look into the map \"" + name_ + "\"");
  return value;
}

Napi::Value NativeMap::Update(const Napi::CallbackInfo& info) {
  const auto map = Open("update");
  const uint8_t* key = Key(info);
  const Bytes value = BytesArgument(info, 1, "value");
  if (value.size != LookupSize(shape_)) {
    throw Napi::TypeError::New(info.Env(), "a value of \"" + name_ + "\" has " + std::to_string(LookupSize(shape_)) +
                                               " bytes, not " + std::to_string(value.size));
  }
  // Maps without keys want none.
  const void* given = shape_.key_size == 0 ? nullptr : key;
  const int error = -bpf_map_update_elem(map->fd.get(), given, value.data, BPF_ANY);
  if (error != 0) throw Failure(error, "update the map \"" + name_ + "\"");
  return info.Env().Undefined();
}

Napi::Value NativeMap::Delete(const Napi::CallbackInfo& info) {
  const auto map = Open("delete from");
  const int error = -bpf_map_delete_elem(map->fd.get(), Key(info));
  if (error != 0 && error != ENOENT) throw Failure(error, "delete from the map \"" + name_ + "\"");
  return Napi::Boolean::New(info.Env(), error == 0);
}

Napi::Value NativeMap::SwapInnerAndRead(const Napi::CallbackInfo& info) {
  const auto map = Open("read");
  if (!map->inner) throw Failure(EINVAL, "swap the inner map of \"" + name_ + "\", which has none");
  return ReadLater(info.Env(), [map] {
    map->settling->Await();
    return map->inner->SwapAndRead(map->fd.get());
  });
}

Napi::Value NativeMap::ReadInner(const Napi::CallbackInfo& info) {
  const auto map = Open("read");
  if (!map->inner) throw Failure(EINVAL, "read the inner map of \"" + name_ + "\", which has none");
  return ReadLater(info.Env(), [map] {
    map->settling->Await();
    return map->inner->Read();
  });
}

}  // namespace probepipe
