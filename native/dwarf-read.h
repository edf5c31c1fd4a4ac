// Small readings of one DWARF entry (DIE), over elfutils' libdw. What is malformed reads as missing: libdw checks its bounds, and
// nothing here trusts a number that it gives.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace probepipe::dwarf {

// Hostile entries may nest and refer to each other without end.
constexpr int kDeepest = 64;

std::string NameOf(Dwarf_Die* die);
bool Flag(Dwarf_Die* die, unsigned attribute);
std::optional<uint64_t> Unsigned(Dwarf_Die* die, unsigned attribute);
// What the attribute refers to, in whichever unit or file that is. `integrate`: also by way of DW_AT_abstract_origin and
// DW_AT_specification.
std::optional<Dwarf_Die> Reference(Dwarf_Die* die, unsigned attribute, bool integrate = false);

// Each child until `visit` says false.
void EachChild(Dwarf_Die* die, const std::function<bool(Dwarf_Die&)>& visit);
// The topmost entry of each compilation, partial and type unit until `visit` says false.
void EachUnit(Dwarf* dwarf, const std::function<bool(Dwarf_Die&)>& visit);
// Everything below a unit that namespaces, modules and, with `nested`, types hold, depth first, until `visit` says false. The result: whether it never did.
bool EachDeclared(Dwarf_Die* scope, bool nested, const std::function<bool(Dwarf_Die&)>& visit, int depth = 0);

// Whether the address is where the entry's code begins.
bool BeginsAt(Dwarf_Die* die, uint64_t address);

struct Location {
  // A list has other places for other addresses: what it says is meant for the address asked.
  bool list = false;
  std::vector<Dwarf_Op> operations;
};

// Missing: the attribute is not there. No operations: it has none for that address.
std::optional<Location> LocationAt(Dwarf_Die* die, unsigned attribute, uint64_t address);

}  // namespace probepipe::dwarf
