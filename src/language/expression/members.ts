/**
 * Member and index access. Pointers are followed by themselves; anonymous structs and unions are looked through; a scalar member is a read, a struct or
 * array one is a place from which further members are taken, so a chain between two pointers is one read.
 */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { didYouMean } from '../../diagnostics/suggest.js';
import type { AddressSpace, Member, StructType, Type } from '../types.js';
import { describeType } from './describe.js';
import { integerShape } from './fit.js';
import type { Step, Typed } from './typed.js';

interface Address {
  readonly base: Typed;
  readonly space: AddressSpace;
  readonly steps: readonly Step[];
  readonly type: Type;
}

export function memberOf(
  object: Typed,
  name: string,
  memberSpan: Span,
  span: Span,
  sink: DiagnosticSink,
): Typed | undefined {
  const address = addressOf(object);
  if (address === undefined || address.type.kind !== 'struct') {
    const pointsTo = object.type.kind === 'pointer' ? object.type.target : undefined;
    const hint =
      pointsTo?.kind === 'void' || integerShape(object.type)?.bits === 64
        ? [`say what it points at: (… as struct NAME).${name}`]
        : pointsTo?.kind === 'pointer'
          ? ['it points at a pointer: follow it with [0] first']
          : [];
    sink.add('member-unknown', `${describeType(object.type)} has no members, so no "${name}"`, memberSpan, {
      hints: hint,
    });
    return undefined;
  }
  const found = findMember(address.type, name);
  if (found === undefined) {
    const nowhere = address.type.absent?.(name);
    if (nowhere !== undefined) {
      const message = `where "${name}" of ${describeType(address.type)} is cannot be told: ${nowhere}`;
      sink.add('member-unknown', message, memberSpan, { hints: ['add its offset to "structs"'] });
      return undefined;
    }
    const known = memberNames(address.type);
    const hints = didYouMean(name, known);
    if (known.length === 0)
      hints.push(`${describeType(address.type)} is only declared, not defined, in the type information`);
    else if (known.length <= 12) hints.push(`its members are ${known.join(', ')}`);
    sink.add('member-unknown', `${describeType(address.type)} has no member "${name}"`, memberSpan, { hints });
    return undefined;
  }
  const step: Step = {
    member: name,
    owner: address.type,
    bitOffset: found.bitOffset,
    type: found.member.type,
    ...(found.member.bitSize === undefined ? {} : { bitSize: found.member.bitSize }),
  };
  return at({ ...address, steps: [...address.steps, step], type: found.member.type }, span, sink);
}

export function elementOf(object: Typed, index: Typed, span: Span, sink: DiagnosticSink): Typed | undefined {
  if (integerShape(index.type) === undefined) {
    sink.add('type-mismatch', `an index is a number, but this is ${describeType(index.type)}`, index.span);
    return undefined;
  }
  if (object.op === 'place' && object.type.kind === 'array') {
    const { count, element } = object.type;
    if (index.op === 'constant' && count > 0 && (index.value < 0n || index.value >= BigInt(count))) {
      sink.add('value-range', `the array has ${count} elements, so there is no [${index.value}]`, index.span, {
        hints: [`the last one is [${count - 1}]`],
      });
      return undefined;
    }
    return at({ ...object, steps: [...object.steps, { index, type: element }], type: element }, span, sink);
  }
  if (object.type.kind === 'pointer') {
    const { target, space } = object.type;
    if (target.kind === 'void' || target.kind === 'function') {
      sink.add('type-mismatch', `${describeType(object.type)} points at nothing that can be read`, object.span, {
        hints: ['say what it points at: (… as u64 *)[0]'],
      });
      return undefined;
    }
    return at({ base: object, space, steps: [{ index, type: target }], type: target }, span, sink);
  }
  sink.add('type-mismatch', `${describeType(object.type)} cannot be indexed`, object.span, {
    hints: ['arrays, pointers and maps can'],
  });
  return undefined;
}

/** What a pointer or a place leads to. */
function addressOf(object: Typed): Address | undefined {
  if (object.op === 'place') return object;
  if (object.type.kind === 'pointer')
    return { base: object, space: object.type.space, steps: [], type: object.type.target };
  return undefined;
}

function at(address: Address, span: Span, sink: DiagnosticSink): Typed | undefined {
  const { type } = address;
  const { base, space, steps } = address;
  switch (type.kind) {
    case 'struct':
    case 'array':
      return { op: 'place', base, space, steps, type, span };
    case 'int':
    case 'bool':
    case 'enum':
      return { op: 'load', base, space, steps, type, span };
    case 'pointer':
      // What lives in user memory points into user memory.
      return {
        op: 'load',
        base,
        space,
        steps,
        type: space === 'user' ? { kind: 'pointer', space: 'user', target: type.target } : type,
        span,
      };
    default:
      sink.add('type-mismatch', `a ${describeType(type)} cannot be read`, span, {
        hints: type.kind === 'float' ? ['BPF has no floating-point numbers'] : [],
      });
      return undefined;
  }
}

/** A member by name, looking through anonymous ones; its offset is from the outer struct. */
export function findMember(
  type: StructType,
  name: string,
): { readonly member: Member; readonly bitOffset: number } | undefined {
  for (const member of type.members) {
    if (member.name === name) return { member, bitOffset: member.bitOffset };
    if (member.name !== '' || member.type.kind !== 'struct') continue;
    const inner = findMember(member.type, name);
    if (inner !== undefined) return { member: inner.member, bitOffset: member.bitOffset + inner.bitOffset };
  }
  return undefined;
}

export function memberNames(type: StructType): string[] {
  return type.members.flatMap((member) =>
    member.name === '' && member.type.kind === 'struct'
      ? memberNames(member.type)
      : member.name === ''
        ? []
        : [member.name],
  );
}
