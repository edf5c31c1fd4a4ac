/** Maps with stacks in their keys as people read them: the rest of the key and the values in one line, then a frame a line, innermost first. */
import type { MapManifest } from '../compile/manifest.js';
import { keyNames } from '../compile/map-columns.js';
import { cutTo } from '../diagnostics/terminal-text.js';
import type { MapRow } from './map-snapshot.js';

export const hasStacks = ({ key }: MapManifest): boolean => key.some(({ type }) => isStackKind(type.kind));

export const isStackKind = (kind: string): boolean => kind === 'kstack' || kind === 'ustack';

/** `comm=node` for each part of the key that is no stack. */
export function plainLabels(row: MapRow, map: MapManifest): string[] {
  const names = keyNames(map);
  return row.keyCells.flatMap((cell, index) =>
    isStackKind(map.key[index]?.type.kind ?? '') ? [] : [`${names[index]}=${cell}`],
  );
}

/** The frames of a row's stacks; each stack has its name above it where there are several. */
export function* drawStacks(row: MapRow, map: MapManifest, width: number): Generator<string> {
  const names = keyNames(map);
  const several = map.key.filter(({ type }) => isStackKind(type.kind)).length > 1;
  for (const [index, slot] of map.key.entries()) {
    if (!isStackKind(slot.type.kind)) continue;
    const indent = several ? '      ' : '    ';
    if (several) yield `    ${names[index]}`;
    for (const line of frameLines(row.keys[index] ?? null)) yield indent + cutTo(line, width - indent.length);
  }
}

function frameLines(frames: MapRow['keys'][number]): readonly string[] {
  if (frames === null || typeof frames !== 'object') return ['[lost]'];
  return frames.length === 0 ? ['[no frames]'] : frames;
}
