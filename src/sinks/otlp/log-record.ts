/** Events as log records with an event name, and what spans have in common with them. */
import { anyValue } from './attributes.js';
import type { EventShape } from './event-shape.js';
import { type ItemValue, readAt } from './item.js';
import { type Form, type KeyValue, type LogRecord, severityInfo } from './messages.js';

/** An event, out of its line. */
export interface Event {
  readonly probe: string;
  readonly shape: EventShape;
  readonly fields: Readonly<Record<string, ItemValue>>;
  /** When it was, nanoseconds since 1970, where it says so. */
  readonly time: bigint | undefined;
  /** When it was read, or as near to that as is known. */
  readonly observed: bigint;
}

/** Told elsewhere in the record. */
const toldElsewhere: ReadonlySet<string> = new Set(['probe', 'time', readAt]);

/** Of all fields that are neither told elsewhere nor `except`. One for each event: without the arrays and copies that would read better. */
export function attributesOf({ fields, shape }: Event, form: Form, except: ReadonlySet<string>): KeyValue[] {
  const attributes: KeyValue[] = [];
  for (const name in fields) {
    if (toldElsewhere.has(name) || except.has(name) || shape.resource.has(name)) continue;
    const value = anyValue(fields[name], form);
    if (value !== undefined) attributes.push({ key: shape.attributes.get(name) ?? name, value });
  }
  return attributes;
}

const none: ReadonlySet<string> = new Set();

export function logRecord(event: Event, form: Form): LogRecord {
  const { probe, time, observed } = event;
  return {
    timeUnixNano: time === undefined ? undefined : form.wide(time),
    observedTimeUnixNano: form.wide(observed),
    severityNumber: severityInfo,
    severityText: 'INFO',
    eventName: probe,
    // Many who show logs show this alone.
    body: { stringValue: probe },
    attributes: attributesOf(event, form, none),
  };
}
