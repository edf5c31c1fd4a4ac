// Reads what JavaScript passes. A value of another kind than the interface says is a bug of the caller: a TypeError.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace probepipe {

struct Bytes {
  const uint8_t* data;
  size_t size;
};

std::string StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
Bytes BytesArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
Napi::Object ObjectArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
// A whole number of 0 or more.
uint64_t SizeArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
bool BooleanArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

std::string StringMember(const Napi::Object& object, const char* name);
// A whole number, of a number or a bigint; `fallback` where the member is missing.
int64_t IntegerMember(const Napi::Object& object, const char* name);
int64_t IntegerMember(const Napi::Object& object, const char* name, int64_t fallback);
std::vector<std::string> StringsMember(const Napi::Object& object, const char* name);
// Whole numbers of 0 or more.
std::vector<uint64_t> NumbersMember(const Napi::Object& object, const char* name);
bool BooleanMember(const Napi::Object& object, const char* name);

}  // namespace probepipe
