// NativeMap of src/runtime/native-addon.ts.
#pragma once

#include <functional>

#include "errors.h"
#include "object-state.h"

namespace probepipe {

Napi::Object MapInfo(Napi::Env env, const std::string& name, const MapShape& shape);

class NativeMap : public Reported<NativeMap> {
 public:
  struct Seed {
    std::shared_ptr<ObjectState> state;
    std::shared_ptr<KernelMap> map;
  };

  static Napi::Function Define(Napi::Env env);
  explicit NativeMap(const Napi::CallbackInfo& info);

 private:
  Napi::Value ReadAll(const Napi::CallbackInfo& info);
  Napi::Value Lookup(const Napi::CallbackInfo& info);
  Napi::Value Update(const Napi::CallbackInfo& info);
  Napi::Value Delete(const Napi::CallbackInfo& info);
  Napi::Value SwapInnerAndRead(const Napi::CallbackInfo& info);
  Napi::Value ReadInner(const Napi::CallbackInfo& info);

  // Throws where the object was closed.
  std::shared_ptr<KernelMap> Open(const char* attempt) const;
  const uint8_t* Key(const Napi::CallbackInfo& info) const;

  std::shared_ptr<ObjectState> state_;
  // The object owns it, so that closing the object frees the map.
  std::weak_ptr<KernelMap> map_;
  std::string name_;
  MapShape shape_;
};

}  // namespace probepipe
