#include "dwarf-read.h"

#include <dwarf.h>

namespace probepipe::dwarf {

std::string NameOf(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  const char* name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
  return name == nullptr ? "" : name;
}

bool Flag(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  bool value = false;
  return dwarf_attr(die, name, &attribute) != nullptr && dwarf_formflag(&attribute, &value) == 0 && value;
}

std::optional<uint64_t> Unsigned(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr(die, name, &attribute) == nullptr || dwarf_formudata(&attribute, &value) != 0) return std::nullopt;
  return value;
}

std::optional<Dwarf_Die> Reference(Dwarf_Die* die, unsigned name, bool integrate) {
  Dwarf_Attribute attribute;
  Dwarf_Die target;
  Dwarf_Attribute* found = integrate ? dwarf_attr_integrate(die, name, &attribute) : dwarf_attr(die, name, &attribute);
  if (found == nullptr || dwarf_formref_die(found, &target) == nullptr) return std::nullopt;
  return target;
}

void EachChild(Dwarf_Die* die, const std::function<bool(Dwarf_Die&)>& visit) {
  Dwarf_Die child;
  if (dwarf_child(die, &child) != 0) return;
  // libdw refuses a DW_AT_sibling that leads backwards, so this ends.
  do {
    if (!visit(child)) return;
  } while (dwarf_siblingof(&child, &child) == 0);
}

void EachUnit(Dwarf* dwarf, const std::function<bool(Dwarf_Die&)>& visit) {
  Dwarf_CU* unit = nullptr;
  Dwarf_Die top;
  Dwarf_Die split;
  uint8_t type = 0;
  while (dwarf_get_units(dwarf, unit, &unit, nullptr, &type, &top, &split) == 0) {
    // A skeleton's entries stand in a .dwo file.
    if (!visit(type == DW_UT_skeleton && dwarf_tag(&split) != DW_TAG_invalid ? split : top)) return;
  }
}

bool EachDeclared(Dwarf_Die* scope, bool nested, const std::function<bool(Dwarf_Die&)>& visit, int depth) {
  bool all = true;
  EachChild(scope, [&](Dwarf_Die& child) {
    all = visit(child);
    if (!all || depth >= kDeepest) return all;
    switch (dwarf_tag(&child)) {
      case DW_TAG_namespace:
      case DW_TAG_module:
        all = EachDeclared(&child, nested, visit, depth + 1);
        break;
      case DW_TAG_structure_type:
      case DW_TAG_class_type:
      case DW_TAG_union_type:
        if (nested) all = EachDeclared(&child, nested, visit, depth + 1);
        break;
      default:
        break;
    }
    return all;
  });
  return all;
}

bool BeginsAt(Dwarf_Die* die, uint64_t address) {
  Dwarf_Addr start = 0;
  if (dwarf_lowpc(die, &start) == 0) return start == address;
  // Of a function in several pieces (hot and cold) each range begins one.
  Dwarf_Addr base = 0;
  Dwarf_Addr end = 0;
  for (ptrdiff_t at = 0; (at = dwarf_ranges(die, at, &base, &start, &end)) > 0;) {
    if (start == address) return true;
  }
  return false;
}

std::optional<Location> LocationAt(Dwarf_Die* die, unsigned name, uint64_t address) {
  Dwarf_Attribute attribute;
  if (dwarf_attr_integrate(die, name, &attribute) == nullptr) return std::nullopt;
  Location location;
  const unsigned form = dwarf_whatform(&attribute);
  location.list = form == DW_FORM_sec_offset || form == DW_FORM_loclistx || form == DW_FORM_data4 || form == DW_FORM_data8;
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_getlocation_addr(&attribute, address, &operations, &count, 1) == 1) {
    location.operations.assign(operations, operations + count);
  }
  return location;
}

}  // namespace probepipe::dwarf
