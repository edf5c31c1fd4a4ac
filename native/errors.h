// What the kernel or libbpf refused. It travels as a C++ exception to the edge of JavaScript, and there becomes a
// `NativeError` of src/runtime/native-addon.ts.
#pragma once

#include <napi.h>

#include <exception>
#include <string>

namespace probepipe {

class Failure : public std::exception {
 public:
  // `number`: a positive errno, or one of libbpf's own numbers. `attempted`: in words, without the reason.
  Failure(int number, std::string attempted, std::string log = {});
  const char* what() const noexcept override { return message_.c_str(); }

  // A NativeErrorInfo.
  Napi::Object Info(Napi::Env env) const;
  // A NativeError.
  Napi::Error Error(Napi::Env env) const;

  int number() const { return number_; }

 private:
  void Describe(Napi::Object target) const;

  int number_;
  std::string attempted_;
  std::string log_;
  std::string message_;
};

// Catches the lines that libbpf prints on this thread while it lives. Outside of such a scope they are dropped: nothing
// ever goes to stderr. Scopes nest; the innermost catches.
class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // All of it, or its head and its tail.
  std::string text();
  void Append(const char* text, size_t length);

 private:
  void CutTail();

  LogCapture* outer_;
  std::string head_;
  std::string tail_;
  size_t left_out_ = 0;
};

// Once a process, before any other call of libbpf.
void CaptureLibbpfLog();

// A function of JavaScript with failures translated.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value Reporting(const Napi::CallbackInfo& info) {
  try {
    return function(info);
  } catch (const Failure& failure) {
    throw failure.Error(info.Env());
  }
}

// A class of JavaScript whose methods have failures translated.
template <class Self>
class Reported : public Napi::ObjectWrap<Self> {
 public:
  using Napi::ObjectWrap<Self>::ObjectWrap;
  using Method = Napi::Value (Self::*)(const Napi::CallbackInfo&);

  template <Method method>
  Napi::Value Report(const Napi::CallbackInfo& info) {
    try {
      return (static_cast<Self*>(this)->*method)(info);
    } catch (const Failure& failure) {
      throw failure.Error(info.Env());
    }
  }

  // Of a method that gives a promise: the same, by rejecting it.
  template <Method method>
  Napi::Value ReportLater(const Napi::CallbackInfo& info) {
    try {
      return (static_cast<Self*>(this)->*method)(info);
    } catch (const Failure& failure) {
      const auto deferred = Napi::Promise::Deferred::New(info.Env());
      deferred.Reject(failure.Error(info.Env()).Value());
      return deferred.Promise();
    }
  }

  template <Method method>
  static Napi::ClassPropertyDescriptor<Self> Reporting(const char* name) {
    return Self::InstanceMethod(name, static_cast<Method>(&Self::template Report<method>));
  }

  template <Method method>
  static Napi::ClassPropertyDescriptor<Self> Promising(const char* name) {
    return Self::InstanceMethod(name, static_cast<Method>(&Self::template ReportLater<method>));
  }
};

}  // namespace probepipe
