/**
 * The kernel types that a pipeline touches, pruned to the members that it reads: what the C declares, with CO-RE relocations that find the real offsets at load.
 */

import { findMember } from '../language/expression/members.js';
import type { Step } from '../language/expression/typed.js';
import type { EnumType, StructType, Type } from '../language/types.js';

/** A struct or union with its touched members; nested anonymous ones are declared in place. */
export interface TouchedStruct {
  readonly type: StructType;
  readonly members: Map<string, TouchedMember>;
}

export interface TouchedMember {
  readonly type: Type;
  readonly bitSize?: number;
  /** For a member whose own type has no name: its touched members. */
  readonly inner?: TouchedStruct;
}

export class KernelStructs {
  private readonly named = new Map<string, TouchedStruct>();
  private readonly enums = new Map<string, EnumType>();

  /** Notes a chain of members. */
  touch(steps: readonly Step[]): void {
    let anonymous: TouchedStruct | undefined;
    for (const step of steps) {
      if (!('member' in step)) continue;
      // A struct without a name that a pointer points at cannot be named in C: its members are read at their offsets.
      if (step.owner.name === '' && anonymous === undefined) continue;
      // Nor does C need a struct whose members' offsets are known already.
      if (step.owner.layout === 'fixed') {
        anonymous = undefined;
        continue;
      }
      const owner: TouchedStruct =
        step.owner.name === '' && anonymous !== undefined ? anonymous : this.structOf(step.owner);
      const found = findMember(step.owner, step.member);
      const type = step.type;
      const element = innermost(type);
      const existing = owner.members.get(step.member);
      const inner: TouchedStruct | undefined =
        element.kind === 'struct' && element.name === ''
          ? (existing?.inner ?? { type: element, members: new Map() })
          : undefined;
      owner.members.set(step.member, {
        type,
        ...(found?.member.bitSize === undefined ? {} : { bitSize: found.member.bitSize }),
        ...(inner === undefined ? {} : { inner }),
      });
      if (element.kind === 'struct' && element.name !== '') this.structOf(element);
      if (element.kind === 'enum' && element.name !== '') this.enums.set(element.name, element);
      anonymous = inner;
    }
  }

  private structOf(type: StructType): TouchedStruct {
    const key = `${type.union ? 'union' : 'struct'} ${type.name}`;
    let found = this.named.get(key);
    if (found === undefined) {
      found = { type, members: new Map() };
      this.named.set(key, found);
    }
    return found;
  }

  /** Named structs, each after those that it holds by value. */
  inOrder(): readonly TouchedStruct[] {
    const ordered: TouchedStruct[] = [];
    const visited = new Set<TouchedStruct>();
    const visit = (struct: TouchedStruct): void => {
      if (visited.has(struct)) return;
      visited.add(struct);
      for (const member of struct.members.values()) {
        for (const held of heldByValue(member)) visit(this.structOf(held));
      }
      ordered.push(struct);
    };
    for (const struct of this.named.values()) visit(struct);
    return ordered;
  }

  enumsInOrder(): readonly EnumType[] {
    return [...this.enums.values()];
  }
}

function heldByValue(member: TouchedMember): StructType[] {
  if (member.inner !== undefined) return [...member.inner.members.values()].flatMap(heldByValue);
  const element = innermost(member.type);
  return element.kind === 'struct' ? [element] : [];
}

/** The element type of an array of arrays of … */
function innermost(type: Type): Type {
  return type.kind === 'array' ? innermost(type.element) : type;
}
