// Looks up functions and raw tracepoints in the running kernel's own types, for attaching by BTF id.
#pragma once

#include <cstdint>
#include <string>

namespace probepipe {

// The BTF id of a function, or of `btf_trace_<name>` for a raw tracepoint. Throws ENOENT where the kernel has none.
uint32_t FunctionTypeId(const std::string& name);
uint32_t RawTracepointTypeId(const std::string& name);

}  // namespace probepipe
