#include "vmlinux-types.h"

#include <bpf/btf.h>
#include <string.h>

#include <cerrno>
#include <string_view>

#include "errors.h"

namespace probepipe {
namespace {

const btf* Load() {
  LogCapture capture;
  const btf* types = btf__load_vmlinux_btf();
  if (types == nullptr) throw Failure(errno, "read the kernel's types", capture.text());
  return types;
}

// Kept for the process's life: parsing takes some 2 ms, and a run asks for several functions.
const btf* VmlinuxTypes() {
  static const btf* types = Load();
  return types;
}

// Names are compared by where they stand in the string table, where each stands once: a tenth of the time of comparing text,
// which is what btf__find_by_name_kind does for each of 150,000 types.
uint32_t TypeId(const std::string& name, uint32_t kind) {
  const btf* types = VmlinuxTypes();
  uint32_t size = 0;
  const auto* raw = static_cast<const char*>(btf__raw_data(types, &size));
  if (raw == nullptr) return 0;
  btf_header header;
  memcpy(&header, raw, sizeof(header));
  const std::string_view strings(raw + header.hdr_len + header.str_off, header.str_len);
  const size_t found = strings.find(std::string(1, '\0') + name + std::string(1, '\0'));
  if (found == std::string_view::npos) return 0;
  const auto offset = static_cast<uint32_t>(found + 1);
  const uint32_t count = btf__type_cnt(types);
  for (uint32_t id = 1; id < count; id++) {
    const btf_type* type = btf__type_by_id(types, id);
    if (type->name_off == offset && btf_kind(type) == kind) return id;
  }
  return 0;
}

}  // namespace

uint32_t FunctionTypeId(const std::string& name) {
  const uint32_t id = TypeId(name, BTF_KIND_FUNC);
  if (id == 0) throw Failure(ENOENT, "find the function \"" + name + "\" in the kernel's types");
  return id;
}

uint32_t RawTracepointTypeId(const std::string& name) {
  const uint32_t id = TypeId("btf_trace_" + name, BTF_KIND_TYPEDEF);
  if (id == 0) throw Failure(ENOENT, "find the raw tracepoint \"" + name + "\" in the kernel's types");
  return id;
}

}  // namespace probepipe
