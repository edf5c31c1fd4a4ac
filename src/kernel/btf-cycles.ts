/**
 * Types that never end: a typedef of itself, an array of itself, a pointer to itself, a struct that holds itself without
 * a name. No compiler writes them, but whoever walks a type (to describe it, to find a member) would never come back, so
 * the reader makes `void` of them. A named struct or named member ends a walk, since walkers stop there until asked.
 */
import { BtfKind } from './btf-format.js';
import type { BtfTable } from './btf-table.js';

/** Deeper than any real type (vmlinux needs 20), shallow enough for a recursive walk. */
const deepest = 128;

const unknown = 0;
const open = 1;
const ends = 2;
const endless = 3;

/** Answers for ids of this table; what lies in a base was judged there. */
export function endlessTypes(table: BtfTable): (id: number) => boolean {
  const states = new Uint8Array(table.endId - table.firstId);

  function visit(id: number, depth: number): boolean {
    if (!table.has(id)) return false;
    const at = id - table.firstId;
    if (states[at] === unknown) {
      if (depth > deepest) return true;
      states[at] = open;
      let found = false;
      for (const next of walkedInto(table, id)) found = visit(next, depth + 1) || found;
      states[at] = found ? endless : ends;
    }
    return states[at] !== ends;
  }

  return (id) => visit(id, 0);
}

/** The ids that a walk over the type goes into without being asked for a name. */
function walkedInto(table: BtfTable, id: number): readonly number[] {
  const { words } = table;
  const start = table.startOf(id);
  const sizeOrType = words[start + 2] ?? 0;
  const vlen = (words[start + 1] ?? 0) & 0xffff;
  switch (table.kindOf(id)) {
    case BtfKind.PTR:
    case BtfKind.TYPEDEF:
    case BtfKind.VOLATILE:
    case BtfKind.CONST:
    case BtfKind.RESTRICT:
    case BtfKind.TYPE_TAG:
    case BtfKind.FUNC:
      return [sizeOrType];
    case BtfKind.ARRAY:
      return [words[start + 3] ?? 0];
    case BtfKind.FUNC_PROTO:
      return [sizeOrType, ...Array.from({ length: vlen }, (_, at) => words[start + 4 + at * 2] ?? 0)];
    case BtfKind.STRUCT:
    case BtfKind.UNION: {
      const nameless: number[] = [];
      for (let at = start + 3; at < start + 3 + vlen * 3; at += 3) {
        if (words[at] === 0) nameless.push(words[at + 1] ?? 0);
      }
      return nameless;
    }
    default:
      return [];
  }
}
