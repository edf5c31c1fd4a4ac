#include "arguments.h"

#include <cmath>

namespace probepipe {
namespace {

constexpr double kLargestInteger = 9007199254740991.0;

Napi::TypeError Wrong(Napi::Env env, const char* name, const char* wanted) {
  return Napi::TypeError::New(env, std::string("\"") + name + "\" must be " + wanted);
}

int64_t Integer(const Napi::Value& value, const char* name) {
  if (value.IsBigInt()) {
    bool lossless = false;
    const int64_t number = value.As<Napi::BigInt>().Int64Value(&lossless);
    if (lossless) return number;
  } else if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (std::trunc(number) == number && std::fabs(number) <= kLargestInteger) return static_cast<int64_t>(number);
  }
  throw Wrong(value.Env(), name, "a whole number");
}

Napi::Array List(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsArray()) throw Wrong(object.Env(), name, "an array");
  return value.As<Napi::Array>();
}

}  // namespace

std::string StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsString()) throw Wrong(info.Env(), name, "a string");
  return info[index].As<Napi::String>().Utf8Value();
}

Bytes BytesArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsTypedArray()) throw Wrong(info.Env(), name, "a Uint8Array");
  const auto array = info[index].As<Napi::TypedArray>();
  if (array.TypedArrayType() != napi_uint8_array) throw Wrong(info.Env(), name, "a Uint8Array");
  return {static_cast<const uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset(), array.ByteLength()};
}

Napi::Object ObjectArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsObject()) throw Wrong(info.Env(), name, "an object");
  return info[index].As<Napi::Object>();
}

uint64_t SizeArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const int64_t number = Integer(info[index], name);
  if (number < 0) throw Wrong(info.Env(), name, "0 or more");
  return static_cast<uint64_t>(number);
}

bool BooleanArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsBoolean()) throw Wrong(info.Env(), name, "true or false");
  return info[index].As<Napi::Boolean>().Value();
}

std::string StringMember(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsString()) throw Wrong(object.Env(), name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

int64_t IntegerMember(const Napi::Object& object, const char* name) { return Integer(object.Get(name), name); }

int64_t IntegerMember(const Napi::Object& object, const char* name, int64_t fallback) {
  const Napi::Value value = object.Get(name);
  return value.IsUndefined() ? fallback : Integer(value, name);
}

std::vector<std::string> StringsMember(const Napi::Object& object, const char* name) {
  const Napi::Array list = List(object, name);
  std::vector<std::string> strings;
  for (uint32_t index = 0; index < list.Length(); index++) {
    const Napi::Value value = list.Get(index);
    if (!value.IsString()) throw Wrong(object.Env(), name, "an array of strings");
    strings.push_back(value.As<Napi::String>().Utf8Value());
  }
  return strings;
}

std::vector<uint64_t> NumbersMember(const Napi::Object& object, const char* name) {
  const Napi::Array list = List(object, name);
  std::vector<uint64_t> numbers;
  for (uint32_t index = 0; index < list.Length(); index++) {
    const int64_t number = Integer(list.Get(index), name);
    if (number < 0) throw Wrong(object.Env(), name, "an array of numbers of 0 or more");
    numbers.push_back(static_cast<uint64_t>(number));
  }
  return numbers;
}

bool BooleanMember(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsBoolean()) throw Wrong(object.Env(), name, "true or false");
  return value.As<Napi::Boolean>().Value();
}

}  // namespace probepipe
