/**
 * From record bytes to what sinks take. In comes a stretch of ring memory (records of several probes interleaved, as
 * compile/manifest.ts lays them out); out come exact counts and encodings in the formats that sinks ask for, each made
 * once however many sinks want it. Refused, and counted as malformed: records that are not of a layout of the manifest.
 */
import type { Manifest, ProbeManifest } from '../compile/manifest.js';
import { mapColumns } from '../compile/map-columns.js';
import { type EncodedEvents, Encoding } from './encoding.js';
import type { EventCondition } from './event-condition.js';
import { type ByteFormat, csvEncoder, jsonEncoder, logfmtEncoder } from './event-formats.js';
import { type FoldedRole, foldedFields, foldedLine } from './folded-stacks.js';
import { type Records, RecordWalk } from './record-walk.js';
import type { Selection } from './selection.js';
import { StackTable } from './stack-table.js';
import { csvText } from './user-value.js';
import type { ValueContext } from './value-context.js';
import {
  type CellDecoder,
  cellDecoder,
  type EventObject,
  type FoldedDecoder,
  foldedDecoder,
  type ObjectDecoder,
  objectDecoder,
} from './value-decoder.js';
import { WallClock } from './wall-clock.js';

interface FoldedProbe {
  readonly decode: FoldedDecoder;
  readonly roles: readonly FoldedRole[];
}

export interface EventCells {
  readonly probe: string;
  /** One for each field of the selection, safe on a terminal. */
  readonly cells: readonly string[];
}

/**
 * Reads a pipeline's records; one for a run. Its generated code, caches and output buffers live here and serve one
 * batch at a time.
 */
export class EventReader {
  readonly manifest: Manifest;
  readonly context: ValueContext;
  readonly #emitting: readonly ProbeManifest[];
  readonly #walk: RecordWalk;
  readonly #encodings = new Map<string, Encoding>();
  readonly #objects = new Map<string, readonly (ObjectDecoder | undefined)[]>();
  readonly #folded = new Map<string, readonly (FoldedProbe | undefined)[]>();
  readonly #cells = new Map<string, readonly (CellDecoder | undefined)[]>();

  /** `stacks`: filled from the records that tell stacks. */
  constructor(manifest: Manifest, stacks = new StackTable()) {
    this.manifest = manifest;
    this.context = { clock: new WallClock(), stacks };
    this.#emitting = manifest.probes.filter((probe) => probe.event !== undefined);
    this.#walk = new RecordWalk(
      this.byId((probe) => probe.event?.layout.size),
      stacks,
    );
  }

  /**
   * The records in `[start, end)` of `memory`. `clockOffset` is CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds. The
   * batch before must not be used any more.
   */
  batch(memory: ArrayBuffer, start: number, end: number, clockOffset: bigint): EventBatch {
    this.context.clock.setOffset(clockOffset);
    this.#walk.walk(memory, start, end);
    return new EventBatch(this, this.#walk, this.#emitting);
  }

  /** `whose`: batches of other records that are made of the same ring memory have buffers of their own. */
  encoding(format: ByteFormat, selection: Selection, whose = ''): Encoding {
    return cached(this.#encodings, `${format} ${selection.key}${whose}`, () => {
      const columns = this.csvColumns(selection);
      return new Encoding(
        this.byId((probe) => {
          if (!selection.takes(probe.name)) return undefined;
          const fields = selection.fieldsOf(probe);
          switch (format) {
            case 'jsonl':
              return jsonEncoder(probe, fields, this.context);
            case 'csv':
              return csvEncoder(probe, fields, columns, this.context);
            case 'logfmt':
              return logfmtEncoder(probe, fields, this.context);
          }
        }),
      );
    });
  }

  objectDecoders(selection: Selection): readonly (ObjectDecoder | undefined)[] {
    return cached(this.#objects, selection.key, () =>
      this.byId((probe) =>
        selection.takes(probe.name) ? objectDecoder(probe, selection.fieldsOf(probe), this.context) : undefined,
      ),
    );
  }

  foldedDecoders(selection: Selection): readonly (FoldedProbe | undefined)[] {
    return cached(this.#folded, selection.key, () =>
      this.byId((probe) => {
        if (!selection.takes(probe.name)) return undefined;
        const fields = foldedFields(probe, selection);
        const decode = foldedDecoder(
          probe,
          fields.map((each) => each.field),
          this.context,
        );
        return { decode, roles: fields.map((each) => each.role) };
      }),
    );
  }

  cellDecoders(selection: Selection): readonly (CellDecoder | undefined)[] {
    return cached(this.#cells, selection.key, () =>
      this.byId((probe) =>
        selection.takes(probe.name) ? cellDecoder(probe, selection.fieldsOf(probe), this.context) : undefined,
      ),
    );
  }

  /** `probe`, `map`, then every field, key and value of the selection, each name once. */
  csvColumns(selection: Selection): readonly string[] {
    return csvColumns(this.manifest, selection);
  }

  private byId<Value>(make: (probe: ProbeManifest) => Value | undefined): (Value | undefined)[] {
    const values: (Value | undefined)[] = [];
    for (const probe of this.#emitting) values[probe.id] = make(probe);
    // No holes: a record may hold any id, and a lookup must stay quick.
    return Array.from(values, (value) => value);
  }
}

export function csvColumns(manifest: Manifest, selection: Selection): readonly string[] {
  const columns = new Set<string>();
  const probes = manifest.probes.filter((probe) => probe.event !== undefined && selection.takes(probe.name));
  const maps = manifest.maps.filter((map) => selection.takes(map.name));
  if (probes.length > 0) columns.add('probe');
  if (maps.length > 0) columns.add('map');
  for (const probe of probes) for (const field of selection.fieldsOf(probe)) columns.add(field.name);
  for (const map of maps) for (const column of mapColumns(map)) columns.add(column);
  return [...columns];
}

/** With its line end. */
export function csvHeader(columns: readonly string[]): string {
  return `${columns.map(csvText).join(',')}\r\n`;
}

/** Valid until the reader's next batch, and no longer than the ring's memory is. */
export class EventBatch {
  readonly #reader: EventReader;
  readonly #walk: Records;
  readonly #emitting: readonly ProbeManifest[];
  readonly #whose: string;
  readonly #encoded = new Map<string, EncodedEvents>();

  constructor(reader: EventReader, walk: Records, emitting: readonly ProbeManifest[], whose = '') {
    this.#reader = reader;
    this.#walk = walk;
    this.#emitting = emitting;
    this.#whose = whose;
  }

  /** The events that the condition holds for. */
  where(condition: EventCondition): EventBatch {
    return new EventBatch(this.#reader, condition.among(this.#walk, this.#reader), this.#emitting, condition.key);
  }

  /** Records that had no known shape; they are in no encoding. */
  get malformed(): number {
    return this.#walk.malformed;
  }

  count(selection: Selection): number {
    let sum = 0;
    for (const probe of this.#emitting) if (selection.takes(probe.name)) sum += this.#walk.counts[probe.id] ?? 0;
    return sum;
  }

  /** Events of all probes. */
  get total(): number {
    return this.#emitting.reduce((sum, probe) => sum + this.countOf(probe), 0);
  }

  /** Events of one probe. */
  countOf(probe: ProbeManifest): number {
    return this.#walk.counts[probe.id] ?? 0;
  }

  /** Without a CSV header. */
  encode(format: ByteFormat, selection: Selection): EncodedEvents {
    return cached(this.#encoded, `${format} ${selection.key}`, () =>
      this.#reader.encoding(format, selection, this.#whose).encode(this.#walk),
    );
  }

  objects(selection: Selection): EventObject[] {
    const decoders = this.#reader.objectDecoders(selection);
    const { source, view, records, count } = this.#walk;
    const objects: EventObject[] = [];
    for (let index = 0; index < count; index++) {
      const record = records[index] ?? 0;
      const decode = decoders[view.getUint32(record, true)];
      if (decode !== undefined) objects.push(decode(source, view, record));
    }
    return objects;
  }

  /** The newest of them, at most so many, without a look at the others. */
  lastObjects(selection: Selection, most: number): EventObject[] {
    const decoders = this.#reader.objectDecoders(selection);
    const { source, view, records, count } = this.#walk;
    const objects: EventObject[] = [];
    for (let index = count - 1; index >= 0 && objects.length < most; index--) {
      const record = records[index] ?? 0;
      const decode = decoders[view.getUint32(record, true)];
      if (decode !== undefined) objects.unshift(decode(source, view, record));
    }
    return objects;
  }

  /** A line of flame-graph input for each event, with its end; `selection` as `foldedSelection` gives it. */
  folded(selection: Selection): string[] {
    const probes = this.#reader.foldedDecoders(selection);
    const { source, view, records, count } = this.#walk;
    const lines: string[] = [];
    for (let index = 0; index < count; index++) {
      const record = records[index] ?? 0;
      const probe = probes[view.getUint32(record, true)];
      if (probe !== undefined) lines.push(foldedLine(probe.decode(source, view, record), probe.roles, 1n));
    }
    return lines;
  }

  cells(selection: Selection): EventCells[] {
    const decoders = this.#reader.cellDecoders(selection);
    const names: string[] = [];
    for (const probe of this.#emitting) names[probe.id] = probe.name;
    const { source, view, records, count } = this.#walk;
    const rows: EventCells[] = [];
    for (let index = 0; index < count; index++) {
      const record = records[index] ?? 0;
      const id = view.getUint32(record, true);
      const decode = decoders[id];
      if (decode !== undefined) rows.push({ probe: names[id] ?? '', cells: decode(source, view, record) });
    }
    return rows;
  }
}

function cached<Value>(cache: Map<string, Value>, key: string, make: () => Value): Value {
  let value = cache.get(key);
  if (value === undefined) {
    value = make();
    cache.set(key, value);
  }
  return value;
}
