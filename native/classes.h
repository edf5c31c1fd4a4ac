// The classes of one JavaScript environment, and how C++ makes objects of them. JavaScript never calls their constructors.
#pragma once

#include <napi.h>

namespace probepipe {

struct Classes {
  Napi::FunctionReference object;
  Napi::FunctionReference map;
  Napi::FunctionReference ring;
  Napi::FunctionReference link;
  Napi::FunctionReference iterator;

  static Classes& Of(Napi::Env env) { return *env.GetInstanceData<Classes>(); }
};

// What a constructor needs goes through as a pointer that is good during the call.
template <class Seed>
Napi::Object Construct(Napi::Env env, const Napi::FunctionReference& constructor, Seed& seed) {
  return constructor.New({Napi::External<Seed>::New(env, &seed)});
}

template <class Seed>
Seed& SeedOf(const Napi::CallbackInfo& info) {
  if (!info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "only probepipe's addon makes these");
  return *info[0].As<Napi::External<Seed>>().Data();
}

}  // namespace probepipe
