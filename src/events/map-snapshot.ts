/**
 * A map's contents at one moment. In come the bytes of all entries (of every CPU, for per-CPU maps); out come rows in
 * their order, as values, as lines of a machine format, or drawn (map-drawing.ts). Entries of array maps that are all zeros
 * were never touched and are left out; of maps with `top`, all but the first so many are, and are counted.
 */
import type { AggregateSlot, MapManifest } from '../compile/manifest.js';
import { keyNames, valueNames } from '../compile/map-columns.js';
import type { MapEntries } from '../runtime/native-addon.js';
import { type AggregateValue, aggregate, type CpuValues, rank } from './aggregate.js';
import { jsonParts } from './aggregate-text.js';
import { type Compute, type Computed, columnValue, compute } from './column-value.js';
import type { EncodedEvents } from './encoding.js';
import { type ByteFormat, csvLineEnd } from './event-formats.js';
import { foldedLine, keyRoles, weight, weightOf } from './folded-stacks.js';
import { isCounter, type SlotReader, slotReader } from './slot-reader.js';
import { StackTable } from './stack-table.js';
import { csvText, jsonText, logfmtText, signed64, type UserValue, unsigned64 } from './user-value.js';
import type { ValueContext } from './value-context.js';
import { WallClock, wallClockText } from './wall-clock.js';

export type RowValue = AggregateValue | { readonly kind: 'plain'; readonly value: UserValue; readonly text: string };

export interface MapRow {
  readonly keys: readonly UserValue[];
  /** The keys as a table shows them. */
  readonly keyCells: readonly string[];
  /** One for each member of the map's value. */
  readonly values: readonly RowValue[];
  /** One for each of the map's columns. */
  readonly columns: readonly Computed[];
}

/** What makes a snapshot more than its bytes. */
export interface SnapshotMoment {
  /** How many values a key of a per-CPU map has: the kernel's possible CPUs. */
  readonly cpus: number;
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds. */
  readonly clockOffset: bigint;
  /** Wall clock, nanoseconds since 1970: when the map was read. */
  readonly time: bigint;
}

/** Rows of one chunk of encoded output: a map of a million entries is never one string. */
const chunkRows = 2000;

/** Reads one map's snapshots; one for a run, since it generates code. */
export class MapReader {
  readonly map: MapManifest;
  readonly context: ValueContext;
  readonly keyReader: SlotReader;
  readonly plainReader: SlotReader;
  readonly columns: readonly Compute[];
  readonly orderBy: Compute | undefined;

  constructor(map: MapManifest, stacks = new StackTable()) {
    this.map = map;
    this.columns = (map.columns ?? []).map(({ value }) => compute(value));
    this.orderBy = map.orderBy && compute(map.orderBy);
    this.context = { clock: new WallClock(), stacks };
    this.keyReader = slotReader(map.key, this.context);
    this.plainReader = slotReader(
      map.value.flatMap((slot) =>
        slot.aggregation === 'value'
          ? [{ name: slot.name, type: slot.type, offset: slot.offset, size: slot.size }]
          : [],
      ),
      this.context,
    );
  }

  snapshot(entries: MapEntries, moment: SnapshotMoment): MapSnapshot {
    return new MapSnapshot(this, entries, moment);
  }
}

export class MapSnapshot {
  readonly map: MapManifest;
  readonly moment: SnapshotMoment;
  /** Entries that the map held (for arrays: that were touched). */
  readonly total: number;
  readonly #reader: MapReader;
  readonly #keys: Uint8Array;
  readonly #keyView: DataView;
  readonly #values: Uint8Array;
  readonly #valueView: DataView;
  readonly #present: readonly number[];
  #ordered: Uint32Array | undefined;

  constructor(reader: MapReader, entries: MapEntries, moment: SnapshotMoment) {
    this.#reader = reader;
    this.map = reader.map;
    this.moment = moment;
    this.#keys = entries.keys;
    this.#keyView = viewOf(entries.keys);
    this.#values = entries.values;
    this.#valueView = viewOf(entries.values);
    const isArray = this.map.kind === 'array' || this.map.kind === 'percpu_array';
    const present: number[] = [];
    for (let entry = 0; entry < entries.count; entry++) if (!isArray || this.#touched(entry)) present.push(entry);
    this.total = present.length;
    this.#present = present;
  }

  /** Indices of the entries that are shown, in order, which takes a second for a million of them: who takes them all in any order does without. */
  get #shown(): Uint32Array {
    if (this.#ordered !== undefined) return this.#ordered;
    const isArray = this.map.kind === 'array' || this.map.kind === 'percpu_array';
    // An array is read by its index unless someone asked for an order or the top of it, a queue in its own order.
    const sequence = this.map.kind === 'queue' || this.map.kind === 'stack';
    const inOrder = this.map.ordered !== true && (sequence || (isArray && this.map.top === undefined));
    const ordered = inOrder ? Uint32Array.from(this.#present) : this.#inOrder(this.#present);
    this.#ordered = ordered.subarray(0, this.map.top);
    return this.#ordered;
  }

  /** Rows that are shown. */
  get count(): number {
    return this.#shown.length;
  }

  /** Entries that `top` leaves out. */
  get leftOut(): number {
    return this.total - this.#shown.length;
  }

  *rows(): Generator<MapRow> {
    this.#reader.context.clock.setOffset(this.moment.clockOffset);
    for (const entry of this.#shown) yield this.#row(entry);
  }

  /** Those that `top` leaves out as well, as they lie in the map. */
  *allRows(): Generator<MapRow> {
    this.#reader.context.clock.setOffset(this.moment.clockOffset);
    for (const entry of this.#present) yield this.#row(entry);
  }

  /** A line of flame-graph input for each row, with its end. */
  *folded(): Generator<string> {
    this.#reader.context.clock.setOffset(this.moment.clockOffset);
    const roles = keyRoles(this.map);
    const counting = weightOf(this.map);
    for (const entry of this.#shown) {
      const keys = this.#reader.keyReader.folded(this.#keys, this.#keyView, entry * this.map.keySize);
      yield foldedLine(keys, roles, weight(this.#row(entry).values[counting]));
    }
  }

  /** The rows in a machine format, in chunks; `columns` are those of the whole sink and matter for CSV only. */
  *encode(format: ByteFormat, columns: readonly string[]): Generator<EncodedEvents> {
    this.#reader.context.clock.setOffset(this.moment.clockOffset);
    const line = this.#line(format, columns);
    for (let from = 0; from < this.#shown.length; from += chunkRows) {
      const entries = this.#shown.subarray(from, from + chunkRows);
      const lines = Array.from(entries, (entry) => Buffer.from(line(this.#row(entry)), 'utf8'));
      const ends = new Uint32Array(lines.length);
      let end = 0;
      lines.forEach((bytes, index) => {
        end += bytes.length;
        ends[index] = end;
      });
      yield { bytes: Buffer.concat(lines), count: lines.length, ends };
    }
  }

  #line(format: ByteFormat, columns: readonly string[]): (row: MapRow) => string {
    if (format === 'csv') return this.#csvLine(columns);
    return format === 'jsonl' ? this.#jsonLine() : this.#logfmtLine();
  }

  /** What JSON has as an object or array is a text of that JSON. */
  #logfmtLine(): (row: MapRow) => string {
    const time = this.#time === undefined ? '' : ` time=${this.#time}`;
    const start = `map=${logfmtText(this.map.name)}${time}`;
    const [keys, names] = [keyNames(this.map), valueNames(this.map)];
    return (row) => {
      const words = [start];
      row.keys.forEach((key, index) => {
        words.push(`${keys[index]}=${logfmtText(key)}`);
      });
      row.values.forEach((value, index) => {
        if (value.kind === 'plain') words.push(`${names[index]?.[0]}=${logfmtText(value.value)}`);
        else
          this.#parts(value, index).forEach((part, which) => {
            words.push(`${names[index]?.[which]}=${logfmtText(part === 'null' ? null : unquoted(part))}`);
          });
      });
      row.columns.forEach((value, index) => {
        words.push(`${this.map.columns?.[index]?.name}=${logfmtText(this.#column(value, index))}`);
      });
      return `${words.join(' ')}\n`;
    };
  }

  #jsonLine(): (row: MapRow) => string {
    const time = this.#time === undefined ? '' : `,"time":"${this.#time}"`;
    const start = `{"map":${jsonText(this.map.name)}${time}`;
    const keyLabels = keyNames(this.map).map((name) => `,${jsonText(name)}:`);
    const valueLabels = valueNames(this.map).map((names) => names.map((name) => `,${jsonText(name)}:`));
    const columnLabels = (this.map.columns ?? []).map(({ name }) => `,${jsonText(name)}:`);
    return (row) => {
      let text = start;
      row.keys.forEach((key, index) => {
        text += `${keyLabels[index]}${jsonText(key)}`;
      });
      row.values.forEach((value, index) => {
        this.#parts(value, index).forEach((part, which) => {
          text += `${valueLabels[index]?.[which]}${part}`;
        });
      });
      row.columns.forEach((value, index) => {
        text += `${columnLabels[index]}${jsonText(this.#column(value, index))}`;
      });
      return `${text}}\n`;
    };
  }

  /** What JSON has as an object or array stands in CSV as its JSON text. */
  #csvLine(columns: readonly string[]): (row: MapRow) => string {
    const keys = keyNames(this.map);
    const names = valueNames(this.map);
    return (row) => {
      const cells = new Map<string, string>([['map', csvText(this.map.name)]]);
      if (this.#time !== undefined) cells.set('time', this.#time);
      row.keys.forEach((key, index) => {
        cells.set(keys[index] ?? '', csvText(key));
      });
      row.values.forEach((value, index) => {
        if (value.kind === 'plain') cells.set(names[index]?.[0] ?? '', csvText(value.value));
        else
          this.#parts(value, index).forEach((part, which) => {
            cells.set(names[index]?.[which] ?? '', csvText(part === 'null' ? null : unquoted(part)));
          });
      });
      row.columns.forEach((value, index) => {
        cells.set(this.map.columns?.[index]?.name ?? '', csvText(this.#column(value, index)));
      });
      return columns.map((column) => cells.get(column) ?? '').join(',') + csvLineEnd;
    };
  }

  #column(value: Computed, index: number): UserValue {
    return columnValue(value, this.map.columns?.[index]?.as, this.moment.clockOffset);
  }

  #parts(value: RowValue, index: number): string[] {
    if (value.kind === 'plain') return [jsonText(value.value)];
    return jsonParts(value, this.map.value[index]?.name !== '', this.moment.clockOffset);
  }

  /** Only what comes again and again says when it was. */
  get #time(): string | undefined {
    return this.map.everyNs === undefined ? undefined : wallClockText(this.moment.time);
  }

  #row(entry: number): MapRow {
    const { keyReader, plainReader } = this.#reader;
    const at = entry * this.map.keySize;
    const cpuValues = this.#cpuValues(entry);
    const start = this.#plainStart(cpuValues);
    let plain = 0;
    const plainValues = plainReader.values(this.#values, this.#valueView, start);
    const plainCells = plainReader.cells(this.#values, this.#valueView, start);
    const row = {
      keys: keyReader.values(this.#keys, this.#keyView, at),
      keyCells: keyReader.cells(this.#keys, this.#keyView, at),
      values: this.map.value.map((slot): RowValue => {
        if (slot.aggregation !== 'value') return aggregate(slot, cpuValues);
        const value = plainValues[plain] ?? null;
        const text = plainCells[plain++] ?? '';
        if (cpuValues.starts.length === 1 || !isCounter(slot.type)) return { kind: 'plain', value, text };
        return { kind: 'integer', value: this.#counterSum(cpuValues, slot.offset, slot.type), as: slot.type.as };
      }),
    };
    return { ...row, columns: this.#reader.columns.map((column) => column(row)) };
  }

  /** A CPU that has stored something; plain values of other kinds than numbers cannot be merged. */
  #plainStart({ starts }: CpuValues): number {
    if (starts.length > 1)
      for (const start of starts) if (anyBit(this.#values, start, start + this.map.valueSize)) return start;
    return starts[0] ?? 0;
  }

  #counterSum({ view, starts }: CpuValues, offset: number, type: { bytes: 1 | 2 | 4 | 8; signed: boolean }): bigint {
    let sum = 0n;
    for (const start of starts) sum += integerAt(view, start + offset, type);
    return sum;
  }

  #cpuValues(entry: number): CpuValues {
    const { valueSize, perCpu } = this.map;
    if (!perCpu) return { view: this.#valueView, starts: [entry * valueSize] };
    // The kernel rounds each CPU's value up to 8 bytes (kernel/bpf/hashtab.c, arraymap.c).
    const stride = (valueSize + 7) & ~7;
    const base = entry * stride * this.moment.cpus;
    return {
      view: this.#valueView,
      starts: Array.from({ length: this.moment.cpus }, (_, cpu) => base + cpu * stride),
    };
  }

  #touched(entry: number): boolean {
    const { starts } = this.#cpuValues(entry);
    return starts.some((start) => anyBit(this.#values, start, start + this.map.valueSize));
  }

  /** By what was asked for, else the first number of the value; equal ones by their keys' bytes, so that equal maps are shown equally. */
  #inOrder(entries: readonly number[]): Uint32Array {
    const { keySize, order } = this.map;
    const { orderBy } = this.#reader;
    const sign = order === 'asc' ? 1 : -1;
    const compare = orderBy === undefined ? this.#byRank(entries) : this.#byValue(entries, orderBy);
    const keys = Buffer.from(this.#keys.buffer, this.#keys.byteOffset, this.#keys.byteLength);
    // The first bytes as a number tell most keys apart, in a tenth of the time that comparing bytes takes.
    const begins = new Float64Array((entries.at(-1) ?? -1) + 1);
    const length = Math.min(6, keySize);
    if (length > 0) for (const entry of entries) begins[entry] = keys.readUIntBE(entry * keySize, length);
    return Uint32Array.from(entries).sort((a, b) => {
      const difference = compare(a, b);
      if (difference !== 0) return difference * sign;
      const [first, second] = [begins[a] ?? 0, begins[b] ?? 0];
      if (first !== second) return first < second ? -1 : 1;
      return keys.compare(keys, b * keySize, (b + 1) * keySize, a * keySize, (a + 1) * keySize);
    });
  }

  #byRank(entries: readonly number[]): (a: number, b: number) => number {
    const { value } = this.map;
    const first = value.find((slot) => slot.aggregation !== 'value' || isCounter(slot.type)) ?? value[0];
    // As doubles: values beyond 2^53 that differ by less than a double can tell are equal here. A million entries sort in a second.
    const ranks = new Float64Array((entries.at(-1) ?? -1) + 1);
    if (first !== undefined) for (const entry of entries) ranks[entry] = this.#rank(first, this.#cpuValues(entry));
    return (a, b) => {
      const [left, right] = [ranks[a] ?? 0, ranks[b] ?? 0];
      return left < right ? -1 : left > right ? 1 : 0;
    };
  }

  #byValue(entries: readonly number[], orderBy: Compute): (a: number, b: number) => number {
    this.#reader.context.clock.setOffset(this.moment.clockOffset);
    const values = new Map(entries.map((entry) => [entry, orderBy(this.#row(entry))]));
    return (a, b) => compareComputed(values.get(a) ?? null, values.get(b) ?? null);
  }

  #rank(slot: AggregateSlot, values: CpuValues): number {
    if (slot.aggregation === 'value')
      return isCounter(slot.type) ? Number(this.#counterSum(values, slot.offset, slot.type)) : 0;
    return rank(slot, values);
  }
}

/** What has nothing to show is below everything. */
function compareComputed(a: Computed, b: Computed): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === 'string' || typeof b === 'string') {
    const [left, right] = [String(a), String(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function anyBit(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return true;
  return false;
}

function integerAt(view: DataView, at: number, type: { bytes: 1 | 2 | 4 | 8; signed: boolean }): bigint {
  switch (type.bytes) {
    case 1:
      return BigInt(type.signed ? view.getInt8(at) : view.getUint8(at));
    case 2:
      return BigInt(type.signed ? view.getInt16(at, true) : view.getUint16(at, true));
    case 4:
      return BigInt(type.signed ? view.getInt32(at, true) : view.getUint32(at, true));
    case 8:
      return BigInt((type.signed ? signed64 : unsigned64)(view.getUint32(at, true), view.getUint32(at + 4, true)));
  }
}

/** The value of a JSON string; other JSON text stands for itself. */
function unquoted(json: string): string {
  if (!json.startsWith('"')) return json;
  const value: unknown = JSON.parse(json);
  return String(value);
}
