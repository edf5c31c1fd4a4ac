// The debug information of one file: NativeDebugInfo of src/binary-reader.ts.
#pragma once

#include <elfutils/libdw.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "errors.h"

namespace probepipe {

class NativeDebugInfo : public Reported<NativeDebugInfo> {
 public:
  static Napi::Function Define(Napi::Env env);
  // A Failure where the file cannot be read or has no debug information (ENODATA).
  explicit NativeDebugInfo(const Napi::CallbackInfo& info);
  ~NativeDebugInfo() override;

 private:
  Napi::Value FunctionAt(const Napi::CallbackInfo& info);
  Napi::Value Type(const Napi::CallbackInfo& info);
  Napi::Value Find(const Napi::CallbackInfo& info);
  Napi::Value Enumerator(const Napi::CallbackInfo& info);
  Napi::Value Names(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  void Open(const std::string& path);
  void Free();
  void RequireOpen() const;
  // Entries get numbers as JavaScript comes to know them; one entry has one number.
  Napi::Value Number(const Dwarf_Die& die);
  Dwarf_Die* Numbered(const Napi::CallbackInfo& info, size_t index);
  bool FindFunction(uint64_t address, Dwarf_Die* function);
  Napi::Object Describe(Dwarf_Die* function, uint64_t address);
  Napi::Array Parameters(Dwarf_Die* function, uint64_t address, bool* variadic);
  Napi::Object Parameter(Dwarf_Die* entry, uint64_t address);
  // Units in the order in which names are looked up: the one that `info[index]` is in comes first, if any.
  void EachUnitFrom(const Napi::CallbackInfo& info, size_t index, const std::function<bool(Dwarf_Die&)>& visit);

  int fd_ = -1;
  Elf* elf_ = nullptr;
  Dwarf* dwarf_ = nullptr;
  std::vector<Dwarf_Die> dies_;
  std::unordered_map<void*, uint32_t> numbers_;
};

}  // namespace probepipe
