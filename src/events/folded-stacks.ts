/**
 * Stacks as flame graphs read them (flamegraph.pl and many after it): `root;…;leaf COUNT`, a line an event or row of a map. What else is known comes first as frames of its own
 * (`node;main;read 12`), then the process' frames, then the kernel's. Only probes with a stack among their fields and maps with one in their key are taken.
 */
import type { FieldManifest, Manifest, MapManifest, ProbeManifest, ValueType } from '../compile/manifest.js';
import { safeText } from '../diagnostics/terminal-text.js';
import { userFunctions } from './functions.js';
import type { RowValue } from './map-snapshot.js';
import { Selection } from './selection.js';
import type { UserValue } from './user-value.js';

/** Frames before the stack's own, or one of the stacks. Numbers and times tell flame graphs nothing. */
export type FoldedRole = 'root' | 'ustack' | 'kstack';

/** Of a selection what has stacks; `undefined` where nothing has. */
export function foldedSelection(manifest: Manifest, selection: Selection): Selection | undefined {
  const from = [
    ...manifest.probes.filter((probe) => selection.takes(probe.name) && hasStack(selection.fieldsOf(probe))),
    ...manifest.maps.filter(
      (map) => selection.takes(map.name) && map.shown && weightOf(map) >= 0 && keyRoles(map).some(isStack),
    ),
  ].map(({ name }) => name);
  return from.length === 0 ? undefined : new Selection({ from, ...selection.onlyFields });
}

const hasStack = (fields: readonly FieldManifest[]): boolean => fields.some((field) => isStack(roleOfField(field)));
const isStack = (role: FoldedRole | undefined): boolean => role === 'ustack' || role === 'kstack';

export function foldedFields(
  probe: ProbeManifest,
  selection: Selection,
): readonly { readonly field: FieldManifest; readonly role: FoldedRole }[] {
  return selection.fieldsOf(probe).flatMap((field) => {
    const role = roleOfField(field);
    return role === undefined ? [] : [{ field, role }];
  });
}

function roleOfField({ value }: FieldManifest): FoldedRole | undefined {
  if (value.op === 'call') return userFunctions.get(value.function)?.result === 'text' ? 'root' : undefined;
  return value.op === 'slot' ? roleOf(value.type, false) : undefined;
}

/** The whole of a key tells rows apart, so that numbers in it count as well. */
export function keyRoles(map: MapManifest): readonly (FoldedRole | undefined)[] {
  return map.key.map(({ type }) => roleOf(type, true));
}

function roleOf(type: ValueType, numbers: boolean): FoldedRole | undefined {
  switch (type.kind) {
    case 'kstack':
    case 'ustack':
      return type.kind;
    case 'int':
    case 'bool':
      return numbers ? 'root' : undefined;
    default:
      return 'root';
  }
}

/** Which of a map's values counts: the first of those that add up; -1 where none does. */
export function weightOf({ value }: MapManifest): number {
  return value.findIndex(({ aggregation }) =>
    ['count', 'sum', 'stats', 'hist', 'lhist', 'bhist'].includes(aggregation),
  );
}

export function weight(value: RowValue | undefined): bigint {
  switch (value?.kind) {
    case 'integer':
      return positive(value.value);
    case 'stats':
      return positive(value.sum);
    case 'histogram':
      return value.count;
    default:
      return 0n;
  }
}

/** A flame graph has no width below nothing. */
const positive = (value: bigint | null): bigint => (value === null || value < 0n ? 0n : value);

/** With its line end. */
export function foldedLine(
  values: readonly UserValue[],
  roles: readonly (FoldedRole | undefined)[],
  count: bigint,
): string {
  const of = (role: FoldedRole): string[] =>
    values.flatMap((value, index) => (roles[index] === role ? framesOf(value, role) : []));
  const frames = [...of('root'), ...of('ustack'), ...of('kstack')];
  return `${frames.length === 0 ? '[no frames]' : frames.join(';')} ${count}\n`;
}

function framesOf(value: UserValue, role: FoldedRole): readonly string[] {
  if (value === null) return role === 'root' ? [] : ['[lost]'];
  if (typeof value === 'object') return value;
  const text = safeText(String(value)).replaceAll(';', ':').trim();
  return text === '' ? [] : [text];
}
