/** Events with a duration as spans. Ids are random, so that equal events stay two; what is sent again after a crash has new ones. */
import { randomBytes } from 'node:crypto';
import { getSystemErrorMap } from 'node:util';
import { parseTraceParent } from '../../protocols/traceparent.js';
import { bigintOf } from './attributes.js';
import { httpSpan } from './http-span.js';
import { attributesOf, type Event } from './log-record.js';
import { type Form, type KeyValue, type Span, spanKinds, statusError } from './messages.js';

/** What the conventions say of a span beyond its fields. */
export interface SpanMeaning {
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly KeyValue[];
  readonly failed: boolean;
  /** Fields that `attributes` tell, or that are told otherwise. */
  readonly told: ReadonlySet<string>;
}

/** `undefined` where the event has no duration, as one has that was not seen whole. */
export function span(event: Event, form: Form): Span | undefined {
  const { duration: field, http } = event.shape;
  const duration = field === undefined ? undefined : bigintOf(event.fields[field]);
  if (field === undefined || duration === undefined) return undefined;
  const { start, end } = interval(event, duration);
  const meaning = http === undefined ? plainSpan(event) : httpSpan(event, http, form);
  const { trace, span: own, parent, flags } = identity(event);
  return {
    traceId: form.id(trace),
    spanId: form.id(own),
    ...(parent === '' ? {} : { parentSpanId: form.id(parent) }),
    flags: parent === '' ? 0 : flags | remoteParent,
    name: meaning.name,
    kind: meaning.kind,
    startTimeUnixNano: form.wide(start),
    endTimeUnixNano: form.wide(end),
    attributes: [...attributesOf(event, form, new Set([...meaning.told, field])), ...meaning.attributes],
    ...(meaning.failed ? { status: { code: statusError } } : {}),
  };
}

/** Those that a request was given, or that it names; else new ones. */
function identity({ fields, shape }: Event): { trace: string; span: string; parent: string; flags: number } {
  const ids = randomBytes(idBytes).toString('hex');
  const fresh = { trace: ids.slice(0, 32), span: ids.slice(32), parent: '', flags: 0 };
  if (shape.http === undefined) return fresh;
  const text = (name: string): string => {
    const value = fields[name];
    return typeof value === 'string' ? value : '';
  };
  const named = parseTraceParent(text('traceparent'));
  const span = /^[0-9a-f]{16}$/.test(text('span_id')) ? text('span_id') : fresh.span;
  if (/^[0-9a-f]{32}$/.test(text('trace_id')))
    return {
      trace: text('trace_id'),
      span,
      parent: /^[0-9a-f]{16}$/.test(text('parent_span_id')) ? text('parent_span_id') : '',
      flags: named?.flags ?? 0,
    };
  return named === undefined
    ? { ...fresh, span }
    : { trace: named.traceId, span, parent: named.spanId, flags: named.flags };
}

/** A trace's 16, then a span's 8. */
const idBytes = 24;
/** SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK and SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK: the caller is another process. */
const remoteParent = 0x300;

/** A request's time is its beginning; all others are seen at their end. */
function interval({ time, observed, shape }: Event, duration: bigint): { start: bigint; end: bigint } {
  if (time !== undefined && shape.http !== undefined) return { start: time, end: time + duration };
  const end = time ?? observed;
  return { start: end - duration, end };
}

const maxErrno = 4095;

/** What the kernel and its system calls return is an error from -4095 to -1. */
function plainSpan({ probe, fields }: Event): SpanMeaning {
  const { retval, error } = fields;
  const internal = { name: probe, kind: spanKinds.internal, told: new Set<string>() };
  if (typeof error === 'string' && error !== '') return { ...internal, attributes: [], failed: true };
  if (typeof retval !== 'number' || retval >= 0 || retval < -maxErrno)
    return { ...internal, attributes: [], failed: false };
  const name = getSystemErrorMap().get(retval)?.[0] ?? String(-retval);
  return { ...internal, attributes: [{ key: 'error.type', value: { stringValue: name } }], failed: true };
}
