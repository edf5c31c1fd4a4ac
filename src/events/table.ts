/**
 * Events as an aligned table on a terminal. Widths come from the fields' types, texts share what is left of the terminal.
 * A header stands first, again after every screenful, and whenever the next event has other columns than the last.
 */
import type { FieldManifest, Manifest, UserExpression, ValueType } from '../compile/manifest.js';
import { padded } from './aligned-columns.js';
import type { EventBatch } from './event-batch.js';
import { userFunctions } from './functions.js';
import type { Selection } from './selection.js';

export interface TableOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** Lines of the terminal; 0: the header is not repeated. */
  readonly height: number;
}

interface TableColumn {
  readonly name: string;
  readonly width: number;
  readonly left: boolean;
}

interface ProbeTable {
  /** Tables of the same columns go under one header. */
  readonly key: string;
  readonly header: string;
  readonly columns: readonly TableColumn[];
}

export class EventTable {
  readonly #selection: Selection;
  readonly #options: TableOptions;
  readonly #tables = new Map<string, ProbeTable>();
  #under: string | undefined;
  #linesSinceHeader = 0;

  constructor(manifest: Manifest, selection: Selection, options: TableOptions) {
    this.#selection = selection;
    this.#options = options;
    const emitting = manifest.probes.filter((probe) => probe.event !== undefined && selection.takes(probe.name));
    // All names get as much room as the longest needs, so that probes of equal fields share a header.
    const name = emitting.length > 1 ? Math.max(...emitting.map((probe) => probe.name.length)) : undefined;
    for (const probe of emitting)
      this.#tables.set(probe.name, probeTable(selection.fieldsOf(probe), name, options.width));
  }

  /** The batch's lines, each with its end. */
  text(batch: EventBatch): string[] {
    return batch.cells(this.#selection).map(({ probe, cells }) => {
      const table = this.#tables.get(probe);
      if (table === undefined) return '';
      const named = table.columns.length > cells.length ? [probe, ...cells] : cells;
      const last = table.columns.length - 1;
      const line = table.columns.map((column, index) => {
        const cell = named[index] ?? '';
        // Nothing stands behind the last column, so nothing is gained by cutting a path there.
        return index === last && column.left ? cell : padded(cell, column.width, column.left);
      });
      return `${this.#headerFor(table)}${line.join('  ').trimEnd()}\n`;
    });
  }

  /** Other text came between: the next event begins with a header. */
  interrupt(): void {
    this.#under = undefined;
  }

  #headerFor(table: ProbeTable): string {
    const { height } = this.#options;
    const full = height > 2 && this.#linesSinceHeader >= height - 2;
    if (this.#under === table.key && !full) {
      this.#linesSinceHeader++;
      return '';
    }
    const gap = this.#under === undefined || this.#under === table.key ? '' : '\n';
    this.#under = table.key;
    this.#linesSinceHeader = 1;
    return `${gap}${table.header}\n`;
  }
}

function probeTable(fields: readonly FieldManifest[], name: number | undefined, width: number): ProbeTable {
  const wanted = fields.map((field) => column(field));
  if (name !== undefined) wanted.unshift({ name: 'probe', left: true, least: name, most: name });
  const gaps = Math.max(0, wanted.length - 1) * 2;
  let spare = width - gaps - wanted.reduce((sum, each) => sum + Math.max(each.least, each.name.length), 0);
  // The last text column takes what is left; the ones before it no more than they usually need.
  const columns = wanted.map((each): TableColumn => {
    const least = Math.max(each.least, each.name.length);
    const more = Math.max(0, Math.min(each.most - least, spare));
    spare -= more;
    return { name: each.name.toUpperCase(), width: least + more, left: each.left };
  });
  const header = columns.map((each) => padded(each.name, each.width, each.left)).join('  ');
  return { key: header, header: header.trimEnd(), columns };
}

interface WantedColumn {
  readonly name: string;
  readonly left: boolean;
  readonly least: number;
  readonly most: number;
}

function column(field: FieldManifest): WantedColumn {
  const { least, most, left } = widths(field.value);
  return { name: field.name, least, most, left };
}

type Widths = Pick<WantedColumn, 'least' | 'most' | 'left'>;

function widths(value: UserExpression): Widths {
  switch (value.op) {
    case 'slot':
      return typeWidths(value.type);
    case 'const':
      return { least: 8, most: 16, left: typeof value.value === 'string' };
    case 'call': {
      const called = userFunctions.get(value.function);
      const longest = called?.maxLength ?? 16;
      return { least: Math.min(12, longest), most: Math.min(24, longest), left: called?.result === 'text' };
    }
  }
}

function typeWidths(type: ValueType): Widths {
  switch (type.kind) {
    case 'int':
      if (type.as === 'timestamp') return { least: 15, most: 15, left: true };
      if (type.as === 'duration') return { least: 8, most: 8, left: false };
      if (type.as === 'hex') return { least: 2 + type.bytes * 2, most: 2 + type.bytes * 2, left: false };
      if (type.as === 'errno' || type.as === 'signal') return { least: 10, most: 16, left: true };
      // Process ids have at most seven digits (PID_MAX_LIMIT); wider numbers are rare enough to stick out.
      return {
        least: { 1: 3, 2: 5, 4: 7, 8: 10 }[type.bytes],
        most: { 1: 4, 2: 6, 4: 7, 8: 20 }[type.bytes],
        left: false,
      };
    case 'bool':
      return { least: 5, most: 5, left: true };
    case 'enum': {
      const longest = Object.values(type.names).reduce((length, name) => Math.max(length, name.length), 1);
      return { least: Math.min(longest, 16), most: longest, left: true };
    }
    case 'text':
      return { least: Math.min(type.size - 1, 15), most: type.size - 1, left: true };
    case 'string':
      return { least: 16, most: Math.max(16, type.max), left: true };
    case 'bytes':
      return { least: 16, most: Math.max(16, type.max * 2), left: true };
    case 'ip':
      return { least: 15, most: 39, left: true };
    case 'cidr':
      return { least: 18, most: 43, left: true };
    case 'kstack':
    case 'ustack':
      return { least: 16, most: 120, left: true };
    case 'mac':
      return { least: 17, most: 17, left: true };
  }
}
