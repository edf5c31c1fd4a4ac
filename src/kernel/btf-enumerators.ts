/** Enumerators by name, over all enums, anonymous ones included: name offsets side by side, built at the first question. */
import { BtfKind } from './btf-format.js';
import type { BtfTable } from './btf-table.js';

export const enumKinds = (1 << BtfKind.ENUM) | (1 << BtfKind.ENUM64);

export interface EnumeratorIndex {
  /** The id of the first enum that has an enumerator of this name, and its place therein. */
  find(name: string): { readonly enumId: number; readonly position: number } | undefined;
  names(): Iterable<string>;
}

export function enumeratorIndex(table: BtfTable): EnumeratorIndex {
  const { nameOffsets, enumIds, positions } = gather(table);
  return {
    find(name) {
      for (const offset of table.textOffsets(name)) {
        const at = nameOffsets.indexOf(offset);
        if (at >= 0) return { enumId: enumIds[at] ?? 0, position: positions[at] ?? 0 };
      }
      return undefined;
    },
    *names() {
      for (const offset of nameOffsets) yield table.text(offset);
    },
  };
}

function gather(table: BtfTable) {
  const { words } = table;
  const enums = table.ids(enumKinds);
  const vlenOf = (id: number) => (words[table.startOf(id) + 1] ?? 0) & 0xffff;
  const total = enums.reduce((sum, id) => sum + vlenOf(id), 0);
  const nameOffsets = new Uint32Array(total);
  const enumIds = new Uint32Array(total);
  const positions = new Uint16Array(total);
  let at = 0;
  for (const id of enums) {
    const step = table.kindOf(id) === BtfKind.ENUM64 ? 3 : 2;
    let word = table.startOf(id) + 3;
    for (let position = 0; position < vlenOf(id); position++, at++, word += step) {
      nameOffsets[at] = words[word] ?? 0;
      enumIds[at] = id;
      positions[at] = position;
    }
  }
  return { nameOffsets, enumIds, positions };
}
