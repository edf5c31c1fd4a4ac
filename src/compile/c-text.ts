/** Spelling C: types, constants and declarations. The only places where strings become `CText`. */
import { integerShape } from '../language/expression/fit.js';
import type { Type } from '../language/types.js';
import type { TouchedMember, TouchedStruct } from './kernel-structs.js';
import type { CText } from './statements.js';

/** Marks text that this compiler made as C. Never to be called with a user's text. */
export function c(strings: TemplateStringsArray, ...values: readonly (CText | number)[]): CText {
  return String.raw({ raw: strings }, ...values) as CText;
}

/** A user's name as part of a C identifier; names were checked to be identifiers when the pipeline was read. */
export function identifier(name: string): CText {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new Error(`${JSON.stringify(name)} is no identifier and must not reach C`);
  return name as CText;
}

const keywords = new Set(
  (
    'auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed sizeof static struct switch ' +
    'typedef typeof union unsigned void volatile while asm bool u8 u16 u32 u64 s8 s16 s32 s64'
  ).split(' '),
);

/** A user's name as a member of a C struct: the words of C get an underscore, and so that names stay apart, so does what ends with one. */
export function memberName(name: string): CText {
  return keywords.has(name) || name.endsWith('_') ? identifier(`${name}_`) : identifier(name);
}

/** The C type of a value in a variable. */
export function cType(type: Type): CText {
  switch (type.kind) {
    case 'int':
    case 'enum': {
      const sign = type.signed ? c`s` : c`u`;
      return c`${sign}${type.bits}`;
    }
    case 'bool':
      return c`bool`;
    case 'kstack':
    case 'ustack':
      return c`u64`;
    case 'pointer': {
      const { target } = type;
      // C knows of no struct whose layout is known already: its members are found by their offsets.
      if (target.kind === 'struct' && target.name !== '' && target.layout === 'btf')
        return target.union ? c`union ${identifier(target.name)} *` : c`struct ${identifier(target.name)} *`;
      if (target.kind === 'int' || target.kind === 'enum' || target.kind === 'bool') return c`${cType(target)} *`;
      return c`void *`;
    }
    default:
      throw new Error(`a ${type.kind} is no value in a C variable`);
  }
}

export function cConstant(value: bigint): CText {
  if (value === -(1n << 63n)) return c`(-9223372036854775807LL - 1)`;
  if (value < 0n) return `${value}LL` as CText;
  // Signed as long as it can be: beside a signed value it must not make that unsigned, and an unsigned one stays what it is.
  return (value < 1n << 31n ? `${value}` : value < 1n << 63n ? `${value}LL` : `${value}ULL`) as CText;
}

/** `u16 skc_dport;` and its neighbours, each with everything that the kernel's own declaration needs to match by CO-RE. */
export function cMembers(struct: TouchedStruct): CText {
  const owner = struct.type.id.replace(/[^A-Za-z0-9]/g, '_') as CText;
  return [...struct.members].map(([name, member]) => cMember(identifier(name), member, owner)).join(' ') as CText;
}

function cMember(field: CText, member: TouchedMember, owner: CText): CText {
  if (member.bitSize !== undefined) return c`${bitFieldType(member.type)} ${field} : ${member.bitSize};`;
  return declare(member.type, field, c`${field}_in_${owner}`, member.inner);
}

/** `tag` names the enumerator of an anonymous enum, which must be unique in C. */
function declare(type: Type, name: CText, tag: CText, inner: TouchedStruct | undefined): CText {
  switch (type.kind) {
    case 'array':
      return declare(type.element, c`${name}[${type.count}]`, tag, inner);
    case 'struct': {
      const keyword = type.union ? c`union` : c`struct`;
      return inner === undefined
        ? c`${keyword} ${identifier(type.name)} ${name};`
        : c`${keyword} { ${cMembers(inner)} } ${name};`;
    }
    case 'enum':
      // CO-RE matches enums with enums only, so an anonymous one is declared as one.
      return type.name === '' ? c`enum { ${tag} } ${name};` : c`enum ${identifier(type.name)} ${name};`;
    case 'pointer':
      return c`${cType(type)} ${name};`;
    case 'int':
      return type.char ? c`char ${name};` : c`${cType(type)} ${name};`;
    case 'bool':
      return c`bool ${name};`;
    default:
      throw new Error(`a ${type.kind} member cannot be read`);
  }
}

function bitFieldType(type: Type): CText {
  const shape = integerShape(type);
  if (type.kind === 'bool') return c`bool`;
  if (shape === undefined) throw new Error('a bit-field is a number');
  return c`${shape.signed ? c`s` : c`u`}${shape.bits}`;
}
