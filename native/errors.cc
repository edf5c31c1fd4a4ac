#include "errors.h"

#include <bpf/libbpf.h>
#include <string.h>
#include <uv.h>

#include <algorithm>
#include <cstdarg>
#include <vector>

namespace probepipe {
namespace {

// The kernel's own, which user space's errno.h lacks (include/linux/errno.h).
constexpr int kNotSupported = 524;

// A verifier log can be hundreds of megabytes. Whose it is stands at its head, and the refusal at its end.
constexpr size_t kLogHead = size_t{64} << 10;
constexpr size_t kLogTail = size_t{1} << 20;

thread_local LogCapture* innermost = nullptr;

std::string ErrnoName(int number) {
  switch (number) {
    case kNotSupported: return "ENOTSUPP";
    case LIBBPF_ERRNO__LIBELF: return "LIBBPF_ERRNO__LIBELF";
    case LIBBPF_ERRNO__FORMAT: return "LIBBPF_ERRNO__FORMAT";
    case LIBBPF_ERRNO__KVERSION: return "LIBBPF_ERRNO__KVERSION";
    case LIBBPF_ERRNO__ENDIAN: return "LIBBPF_ERRNO__ENDIAN";
    case LIBBPF_ERRNO__INTERNAL: return "LIBBPF_ERRNO__INTERNAL";
    case LIBBPF_ERRNO__RELOC: return "LIBBPF_ERRNO__RELOC";
    case LIBBPF_ERRNO__LOAD: return "LIBBPF_ERRNO__LOAD";
    case LIBBPF_ERRNO__VERIFY: return "LIBBPF_ERRNO__VERIFY";
    case LIBBPF_ERRNO__PROG2BIG: return "LIBBPF_ERRNO__PROG2BIG";
    case LIBBPF_ERRNO__KVER: return "LIBBPF_ERRNO__KVER";
    case LIBBPF_ERRNO__PROGTYPE: return "LIBBPF_ERRNO__PROGTYPE";
    default: break;
  }
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
  if (const char* name = strerrorname_np(number)) return name;
#endif
  char name[64];
  return uv_err_name_r(-number, name, sizeof(name));
}

std::string ErrnoText(int number) {
  char text[128];
  if (number == kNotSupported) return "operation not supported by this kernel";
  libbpf_strerror(number, text, sizeof(text));
  return text;
}

// libbpf passes a whole verifier log in one call.
int CatchLine(libbpf_print_level level, const char* format, va_list arguments) {
  if (innermost == nullptr || level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  const int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;
  std::vector<char> line(static_cast<size_t>(length) + 1);
  vsnprintf(line.data(), line.size(), format, arguments);
  innermost->Append(line.data(), static_cast<size_t>(length));
  return length;
}

}  // namespace

Failure::Failure(int number, std::string attempted, std::string log)
    : number_(number),
      attempted_(std::move(attempted)),
      log_(std::move(log)),
      message_("cannot " + attempted_ + ": " + ErrnoText(number) + " (" + ErrnoName(number) + ")") {}

void Failure::Describe(Napi::Object target) const {
  target.Set("errno", ErrnoName(number_));
  target.Set("errnoNumber", number_);
  target.Set("attempted", attempted_);
  target.Set("log", log_);
}

Napi::Object Failure::Info(Napi::Env env) const {
  Napi::Object info = Napi::Object::New(env);
  Describe(info);
  return info;
}

Napi::Error Failure::Error(Napi::Env env) const {
  Napi::Error error = Napi::Error::New(env, message_);
  const auto shape = static_cast<napi_property_attributes>(napi_writable | napi_configurable);
  error.Value().DefineProperty(Napi::PropertyDescriptor::Value("name", Napi::String::New(env, "NativeError"), shape));
  Describe(error.Value());
  return error;
}

LogCapture::LogCapture() : outer_(innermost) { innermost = this; }

LogCapture::~LogCapture() { innermost = outer_; }

void LogCapture::Append(const char* text, size_t length) {
  const size_t fitting = std::min(length, kLogHead - head_.size());
  head_.append(text, fitting);
  tail_.append(text + fitting, length - fitting);
  // Only past twice the limit, so that a log that goes on growing is not moved at each line.
  if (tail_.size() > 2 * kLogTail) CutTail();
}

void LogCapture::CutTail() {
  size_t cut = tail_.size() - kLogTail;
  // Whole lines, where there are any.
  const size_t line = tail_.find('\n', cut);
  if (line != std::string::npos && line + 1 < tail_.size()) cut = line + 1;
  tail_.erase(0, cut);
  left_out_ += cut;
}

std::string LogCapture::text() {
  if (tail_.size() > kLogTail) CutTail();
  if (left_out_ == 0) return head_ + tail_;
  return head_ + "\n[" + std::to_string(left_out_) + " bytes of log left out]\n" + tail_;
}

void CaptureLibbpfLog() { libbpf_set_print(CatchLine); }

}  // namespace probepipe
