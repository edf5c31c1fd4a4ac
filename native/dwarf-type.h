// One DWARF type as the plain object `DwarfType` of src/binary-reader.ts.
#pragma once

#include <elfutils/libdw.h>
#include <napi.h>

#include <functional>

namespace probepipe::dwarf {

// Gives an entry the number by which JavaScript asks for it.
using Numbering = std::function<Napi::Value(const Dwarf_Die&)>;

Napi::Object DescribeType(Napi::Env env, Dwarf_Die* die, const Numbering& number);

}  // namespace probepipe::dwarf
