#include "dwarf-type.h"

#include <dwarf.h>

#include "dwarf-read.h"

namespace probepipe::dwarf {
namespace {

// Go's own (cmd/internal/dwarf/dwarf_defs.go).
constexpr unsigned kGoKind = 0x2900;

const char* KindOf(int tag) {
  switch (tag) {
    case DW_TAG_base_type: return "base";
    case DW_TAG_unspecified_type: return "unspecified";
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type: return "pointer";
    case DW_TAG_ptr_to_member_type: return "member pointer";
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_interface_type: return "struct";
    case DW_TAG_union_type: return "union";
    case DW_TAG_enumeration_type: return "enum";
    case DW_TAG_array_type: return "array";
    case DW_TAG_subroutine_type: return "function";
    case DW_TAG_typedef: return "typedef";
    case DW_TAG_const_type:
    case DW_TAG_volatile_type:
    case DW_TAG_restrict_type:
    case DW_TAG_atomic_type:
    case DW_TAG_immutable_type:
    case DW_TAG_packed_type: return "qualified";
    default: return "other";
  }
}

// In bits from the struct's beginning; missing for what has no fixed place (static members, virtual bases).
std::optional<int64_t> BitOffset(Dwarf_Die* member, bool in_union) {
  if (const auto bits = Unsigned(member, DW_AT_data_bit_offset)) return static_cast<int64_t>(*bits);
  int64_t bytes = 0;
  Dwarf_Attribute attribute;
  if (dwarf_attr(member, DW_AT_data_member_location, &attribute) != nullptr) {
    Dwarf_Word value = 0;
    Dwarf_Op* operations = nullptr;
    size_t count = 0;
    if (dwarf_formudata(&attribute, &value) == 0) {
      bytes = static_cast<int64_t>(value);
    } else if (dwarf_getlocation(&attribute, &operations, &count) == 0 && count == 1 &&
               operations[0].atom == DW_OP_plus_uconst) {
      bytes = static_cast<int64_t>(operations[0].number);
    } else {
      return std::nullopt;
    }
  } else if (!in_union) {
    return std::nullopt;
  }
  if (bytes < 0 || bytes > (int64_t{1} << 40)) return std::nullopt;
  const auto from_top = Unsigned(member, DW_AT_bit_offset);
  if (!from_top) return bytes * 8;
  // DWARF 2 and 3 count a bit-field's place from the most significant bit of its storage unit.
  auto storage = Unsigned(member, DW_AT_byte_size);
  if (!storage) {
    auto type = Reference(member, DW_AT_type);
    Dwarf_Word size = 0;
    if (!type || dwarf_aggregate_size(&*type, &size) != 0) return std::nullopt;
    storage = size;
  }
  const int64_t width = static_cast<int64_t>(Unsigned(member, DW_AT_bit_size).value_or(0));
  return bytes * 8 + static_cast<int64_t>(*storage) * 8 - static_cast<int64_t>(*from_top) - width;
}

Napi::Array MembersOf(Napi::Env env, Dwarf_Die* die, const Numbering& number) {
  Napi::Array members = Napi::Array::New(env);
  const bool in_union = dwarf_tag(die) == DW_TAG_union_type;
  EachChild(die, [&](Dwarf_Die& child) {
    const int tag = dwarf_tag(&child);
    if (tag != DW_TAG_member && tag != DW_TAG_inheritance) return true;
    if (Flag(&child, DW_AT_external) || Flag(&child, DW_AT_declaration)) return true;
    const auto offset = BitOffset(&child, in_union);
    const auto type = Reference(&child, DW_AT_type);
    if (!offset || !type || *offset < 0) return true;
    Napi::Object member = Napi::Object::New(env);
    member.Set("name", NameOf(&child));
    member.Set("base", tag == DW_TAG_inheritance);
    member.Set("bitOffset", static_cast<double>(*offset));
    if (const auto width = Unsigned(&child, DW_AT_bit_size)) member.Set("bitSize", static_cast<double>(*width));
    member.Set("type", number(*type));
    members.Set(members.Length(), member);
    return true;
  });
  return members;
}

Napi::Array EnumeratorsOf(Napi::Env env, Dwarf_Die* die) {
  Napi::Array enumerators = Napi::Array::New(env);
  EachChild(die, [&](Dwarf_Die& child) {
    Dwarf_Attribute attribute;
    if (dwarf_tag(&child) != DW_TAG_enumerator || dwarf_attr(&child, DW_AT_const_value, &attribute) == nullptr) return true;
    Dwarf_Sword value = 0;
    Dwarf_Word plain = 0;
    // The short forms have no sign of their own; what GCC writes as one of them is not negative.
    const unsigned form = dwarf_whatform(&attribute);
    const bool is_signed = form == DW_FORM_sdata || form == DW_FORM_implicit_const;
    if (is_signed ? dwarf_formsdata(&attribute, &value) != 0 : dwarf_formudata(&attribute, &plain) != 0) return true;
    Napi::Object enumerator = Napi::Object::New(env);
    enumerator.Set("name", NameOf(&child));
    enumerator.Set("value", is_signed ? Napi::BigInt::New(env, static_cast<int64_t>(value))
                                      : Napi::BigInt::New(env, static_cast<uint64_t>(plain)));
    enumerators.Set(enumerators.Length(), enumerator);
    return true;
  });
  return enumerators;
}

// Elements in each dimension, the outermost first; 0 where it is not known.
Napi::Array CountsOf(Napi::Env env, Dwarf_Die* die) {
  Napi::Array counts = Napi::Array::New(env);
  EachChild(die, [&](Dwarf_Die& child) {
    if (dwarf_tag(&child) != DW_TAG_subrange_type) return true;
    const auto count = Unsigned(&child, DW_AT_count);
    const auto last = Unsigned(&child, DW_AT_upper_bound);
    const uint64_t elements = count ? *count : last ? *last + 1 : 0;
    // A flexible array's bound is -1 or missing.
    counts.Set(counts.Length(), elements > (uint64_t{1} << 32) ? 0.0 : static_cast<double>(elements));
    return true;
  });
  return counts;
}

bool RefersTo(Dwarf_Die* parameter, const Dwarf_Die& type) {
  auto reference = Reference(parameter, DW_AT_type);
  if (!reference) return false;
  const int tag = dwarf_tag(&*reference);
  if (tag != DW_TAG_reference_type && tag != DW_TAG_rvalue_reference_type) return false;
  auto target = Reference(&*reference, DW_AT_type);
  if (target && dwarf_tag(&*target) == DW_TAG_const_type) target = Reference(&*target, DW_AT_type);
  return target && target->addr == type.addr;
}

// Whether a class has a destructor, a copy or a move constructor that somebody wrote, or virtual functions: C++'s ABI (Itanium, 1.1) then
// passes and returns it by its address. What its members have is asked of them.
bool CopiesByCode(Dwarf_Die* die) {
  const int tag = dwarf_tag(die);
  if (tag != DW_TAG_class_type && tag != DW_TAG_structure_type && tag != DW_TAG_union_type) return false;
  std::string name = NameOf(die);
  name = name.substr(0, name.find('<'));
  bool by_code = false;
  EachChild(die, [&](Dwarf_Die& child) {
    const std::string own = NameOf(&child);
    if (dwarf_tag(&child) == DW_TAG_member) by_code = own.rfind("_vptr", 0) == 0;
    if (dwarf_tag(&child) != DW_TAG_subprogram || Flag(&child, DW_AT_artificial) ||
        Unsigned(&child, DW_AT_defaulted).value_or(0) == DW_DEFAULTED_in_class) {
      return !by_code;
    }
    if (own == "~" + name) by_code = true;
    if (own == name) {
      EachChild(&child, [&](Dwarf_Die& parameter) {
        if (dwarf_tag(&parameter) != DW_TAG_formal_parameter || Flag(&parameter, DW_AT_artificial)) return true;
        by_code = RefersTo(&parameter, *die);
        return false;
      });
    }
    return !by_code;
  });
  return by_code;
}

}  // namespace

Napi::Object DescribeType(Napi::Env env, Dwarf_Die* die, const Numbering& number) {
  Napi::Object type = Napi::Object::New(env);
  const int tag = dwarf_tag(die);
  const std::string kind = KindOf(tag);
  type.Set("kind", kind);
  type.Set("name", NameOf(die));
  Dwarf_Word size = 0;
  if (dwarf_aggregate_size(die, &size) == 0 && size <= (uint64_t{1} << 40)) type.Set("byteSize", static_cast<double>(size));
  if (const auto encoding = Unsigned(die, DW_AT_encoding)) type.Set("encoding", static_cast<double>(*encoding));
  if (const auto target = Reference(die, DW_AT_type)) type.Set("target", number(*target));
  if (Flag(die, DW_AT_declaration)) type.Set("declaration", true);
  const auto passed = Unsigned(die, DW_AT_calling_convention);
  if (passed == DW_CC_pass_by_reference || passed == DW_CC_pass_by_value) {
    type.Set("passedBy", passed == DW_CC_pass_by_reference ? "reference" : "value");
  } else if (CopiesByCode(die)) {
    // GCC does not say it.
    type.Set("passedBy", "reference");
  }
  if (const auto go = Unsigned(die, kGoKind)) type.Set("goKind", static_cast<double>(*go));
  if (kind == "struct" || kind == "union") type.Set("members", MembersOf(env, die, number));
  if (kind == "enum") type.Set("enumerators", EnumeratorsOf(env, die));
  if (kind == "array") type.Set("counts", CountsOf(env, die));
  return type;
}

}  // namespace probepipe::dwarf
