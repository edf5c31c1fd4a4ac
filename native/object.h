// NativeObject of src/runtime/native-addon.ts: comes in as the bytes of an ELF file, goes out as programs and maps in the kernel.
#pragma once

#include "errors.h"
#include "object-state.h"

namespace probepipe {

class NativeObject : public Reported<NativeObject> {
 public:
  struct Seed {
    std::shared_ptr<ObjectState> state;
  };

  static Napi::Function Define(Napi::Env env);
  // openObject(object: Uint8Array, name: string): NativeObject
  static Napi::Value OpenBytes(const Napi::CallbackInfo& info);
  explicit NativeObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value Programs(const Napi::CallbackInfo& info);
  Napi::Value Maps(const Napi::CallbackInfo& info);
  Napi::Value SetAutoload(const Napi::CallbackInfo& info);
  Napi::Value SetMulti(const Napi::CallbackInfo& info);
  Napi::Value SetMaxEntries(const Napi::CallbackInfo& info);
  Napi::Value SetInitialValue(const Napi::CallbackInfo& info);
  Napi::Value Load(const Napi::CallbackInfo& info);
  Napi::Value AttachProgram(const Napi::CallbackInfo& info);
  Napi::Value Settle(const Napi::CallbackInfo& info);
  Napi::Value DetachAll(const Napi::CallbackInfo& info);
  Napi::Value ProgramStats(const Napi::CallbackInfo& info);
  Napi::Value Run(const Napi::CallbackInfo& info);
  Napi::Value Map(const Napi::CallbackInfo& info);
  Napi::Value OpenRing(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  // Throws where the object is at another stage than the operation needs.
  void Require(ObjectState::Stage stage, const std::string& attempted) const;
  bpf_program* FindProgram(const std::string& name, const std::string& attempted) const;
  bpf_map* FindMap(const std::string& name, const std::string& attempted) const;
  std::shared_ptr<KernelMap> OpenMap(const std::string& name, const std::string& attempted);

  std::shared_ptr<ObjectState> state_;
};

}  // namespace probepipe
