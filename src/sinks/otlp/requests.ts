/** A batch of items → what is sent of it: one request for each of logs, traces and metrics. */
import { type Batch, itemsOf } from '../delivery/batch.js';
import { keyValue } from './attributes.js';
import type { PointItem } from './data-points.js';
import { type EventShape, unknownShape } from './event-shape.js';
import { type Item, parsedItem, pointKey, readAt } from './item.js';
import { type Event, logRecord } from './log-record.js';
import type { Form, KeyValue, Signal } from './messages.js';
import { Moments, nowNanoseconds } from './moments.js';
import { resourceOf } from './resource.js';
import { span } from './span.js';

export interface RequestContext {
  readonly form: Form;
  readonly shapes: ReadonlyMap<string, EventShape>;
  readonly resource: Readonly<Record<string, string>>;
  readonly scope: { readonly name: string; readonly version: string; readonly attributes: readonly KeyValue[] };
}

export interface SignalRequest {
  readonly signal: Signal;
  /** OTLP's ExportLogsServiceRequest and its siblings. */
  readonly request: object;
  /** Of the batch's items, those that it holds. */
  readonly items: readonly number[];
}

/** Records of one resource. */
interface Group {
  readonly resource: { readonly attributes: readonly KeyValue[] };
  readonly records: object[];
}

export function requestsOf(batch: Batch, context: RequestContext): SignalRequest[] {
  const [logs, traces] = [new Grouped(), new Grouped()];
  const points = new Points(context.resource);
  const moments = new Moments();
  const now = nowNanoseconds();
  let index = 0;
  for (const bytes of itemsOf(batch)) {
    const item = parsedItem(bytes);
    if (isPoint(item)) points.add(index, item[pointKey]);
    else {
      const event = eventOf(item, context, moments, now);
      const own = ownResource(event, context.form);
      const made = span(event, context.form);
      if (made === undefined) logs.add(index, own, logRecord(event, context.form), context.resource);
      else traces.add(index, own, made, context.resource);
    }
    index++;
  }
  const { scope } = context;
  const requests: SignalRequest[] = [
    {
      signal: 'logs',
      items: logs.items,
      request: {
        resourceLogs: logs.groups.map(({ resource, records }) => ({
          resource,
          scopeLogs: [{ scope, logRecords: records }],
        })),
      },
    },
    {
      signal: 'traces',
      items: traces.items,
      request: {
        resourceSpans: traces.groups.map(({ resource, records }) => ({
          resource,
          scopeSpans: [{ scope, spans: records }],
        })),
      },
    },
    {
      signal: 'metrics',
      items: points.items,
      request: {
        resourceMetrics: points.groups.map(({ resource, metrics }) => ({
          resource,
          scopeMetrics: [{ scope, metrics: [...metrics.values()].map(({ metric }) => metric) }],
        })),
      },
    },
  ];
  return requests.filter(({ items }) => items.length > 0);
}

class Grouped {
  readonly items: number[] = [];
  readonly #groups = new Map<string, Group>();

  get groups(): readonly Group[] {
    return [...this.#groups.values()];
  }

  add(index: number, own: readonly KeyValue[], record: object, common: Readonly<Record<string, string>>): void {
    this.items.push(index);
    const key = own.length === 0 ? '' : JSON.stringify(own);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { resource: resourceOf(common, own), records: [] };
      this.#groups.set(key, group);
    }
    group.records.push(record);
  }
}

/** Metrics of one resource, by what they are. */
interface MetricGroup {
  readonly resource: { readonly attributes: readonly KeyValue[] };
  readonly metrics: Map<string, { readonly metric: object; readonly points: object[] }>;
}

class Points {
  readonly items: number[] = [];
  readonly #common: Readonly<Record<string, string>>;
  readonly #groups = new Map<string, MetricGroup>();

  constructor(common: Readonly<Record<string, string>>) {
    this.#common = common;
  }

  get groups(): readonly MetricGroup[] {
    return [...this.#groups.values()];
  }

  add(index: number, { metric, kind, traits, point, resource = [] }: PointItem): void {
    this.items.push(index);
    const of = resource.length === 0 ? '' : JSON.stringify(resource);
    let group = this.#groups.get(of);
    if (group === undefined) {
      group = { resource: resourceOf(this.#common, resource), metrics: new Map() };
      this.#groups.set(of, group);
    }
    const key = JSON.stringify([metric, kind, traits]);
    let held = group.metrics.get(key);
    if (held === undefined) {
      const points: object[] = [];
      held = { points, metric: { ...metric, [kind]: { ...traits, dataPoints: points } } };
      group.metrics.set(key, held);
    }
    held.points.push(point);
  }
}

/** Items are probepipe's own: what has this member is a `PointItem`. */
function isPoint(item: object): item is { [pointKey]: PointItem } {
  return pointKey in item;
}

function eventOf(item: Item, { shapes }: RequestContext, moments: Moments, now: bigint): Event {
  const probe = typeof item.probe === 'string' ? item.probe : '';
  const time = moments.parse(item.time);
  const read = item[readAt];
  const observed = typeof read === 'string' ? BigInt(read) : (time ?? now);
  return { probe, shape: shapes.get(probe) ?? unknownShape, fields: item, time, observed };
}

function ownResource({ shape, fields }: Event, form: Form): KeyValue[] {
  const own: KeyValue[] = [];
  for (const [field, key] of shape.resource) {
    const value = fields[field];
    if (value !== undefined && value !== '') own.push(...keyValue(key, value, form));
  }
  return own;
}
