/** The condition of a sink over events as they are shown. Each is decided by its own fields alone, which generated code reads. */
import type { ColumnExpression, SinkCondition } from '../compile/manifest.js';
import { compute } from './column-value.js';
import type { EventReader } from './event-batch.js';
import type { Records } from './record-walk.js';
import { type ObjectDecoder, objectDecoder } from './value-decoder.js';

interface ProbeCondition {
  readonly decode: ObjectDecoder;
  readonly fields: readonly string[];
  readonly holds: ReturnType<typeof compute>;
}

export class EventCondition {
  /** Unlike that of any other condition of the run. */
  readonly key: string;
  readonly #conditions: readonly SinkCondition[];
  readonly #byProbe: (ProbeCondition | undefined)[] = [];
  #records = new Uint32Array();

  constructor(sink: string, conditions: readonly SinkCondition[]) {
    this.key = ` where of ${sink}`;
    this.#conditions = conditions;
  }

  /** Valid until the next call. Events of probes that nothing is said of stay. */
  among(all: Records, reader: EventReader): Records {
    this.#prepare(reader);
    if (this.#records.length < all.count) this.#records = new Uint32Array(all.records.length);
    const { source, view } = all;
    const counts = all.counts.map(() => 0);
    let count = 0;
    for (let index = 0; index < all.count; index++) {
      const record = all.records[index] ?? 0;
      const id = view.getUint32(record, true);
      const condition = this.#byProbe[id];
      if (condition !== undefined) {
        const event = condition.decode(source, view, record);
        if (condition.holds({ keys: condition.fields.map((name) => event[name] ?? null), values: [] }) !== true)
          continue;
      }
      counts[id] = (counts[id] ?? 0) + 1;
      this.#records[count++] = record;
    }
    return { source, view, records: this.#records, count, counts, malformed: all.malformed };
  }

  #prepare({ manifest, context }: EventReader): void {
    if (this.#byProbe.length > 0) return;
    for (const probe of manifest.probes) {
      const condition = this.#conditions.find((each) => each.probe === probe.name);
      if (condition === undefined || probe.event === undefined) continue;
      const used = fieldsIn(condition.value).map((key) => condition.fields[key]);
      const fields = probe.event.fields.filter(({ name }) => used.includes(name));
      this.#byProbe[probe.id] = {
        decode: objectDecoder(probe, fields, context),
        fields: condition.fields,
        holds: compute(condition.value),
      };
    }
  }
}

/** The keys that it reads. */
function fieldsIn(expression: ColumnExpression): readonly number[] {
  switch (expression.op) {
    case 'key':
      return [expression.key];
    case 'value':
    case 'const':
      return [];
    case 'unary':
      return fieldsIn(expression.operand);
    case 'binary':
      return [expression.left, expression.right].flatMap(fieldsIn);
    case 'if':
      return [expression.condition, expression.whenTrue, expression.whenFalse].flatMap(fieldsIn);
    case 'call':
      return expression.arguments.flatMap(fieldsIn);
  }
}
