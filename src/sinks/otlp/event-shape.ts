/** What becomes of a probe's events: log records, or spans where they have a duration. */
import type { FieldManifest, Manifest, ProbeManifest } from '../../compile/manifest.js';
import type { HttpRole } from '../../hooks/http.js';
import { eventAttributes, httpAttributes, httpResourceAttributes, resourceAttributes } from './event-names.js';

export interface EventShape {
  /** The field with how long it took, nanoseconds; of spans only. */
  readonly duration?: string;
  readonly http?: HttpRole;
  /** Attributes by field, of the record and of its resource. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly resource: ReadonlyMap<string, string>;
}

/** Of a probe that is not there any more: an event out of a buffer that an earlier pipeline has filled. */
export const unknownShape: EventShape = { attributes: eventAttributes, resource: resourceAttributes };

export function eventShapes({ probes }: Manifest): ReadonlyMap<string, EventShape> {
  return new Map(probes.flatMap((probe) => (probe.event === undefined ? [] : [[probe.name, shapeOf(probe)]])));
}

function shapeOf(probe: ProbeManifest): EventShape {
  const role = probe.http?.role;
  const duration = durationField(probe);
  return {
    ...(duration === undefined ? {} : { duration }),
    ...(role === undefined ? {} : { http: role }),
    attributes: role === undefined ? eventAttributes : httpAttributes[role],
    resource: role === undefined ? resourceAttributes : httpResourceAttributes,
  };
}

/** `duration`; under another name the one that a probe with a start and an end has. */
function durationField(probe: ProbeManifest): string | undefined {
  const durations = (probe.event?.fields ?? []).filter(isDuration);
  const named = durations.find(({ name }) => name === 'duration');
  const spans = probe.http !== undefined || probe.pairMap !== undefined;
  return (named ?? (spans && durations.length === 1 ? durations[0] : undefined))?.name;
}

function isDuration({ value }: FieldManifest): boolean {
  return value.op === 'slot' && value.type.kind === 'int' && value.type.as === 'duration';
}

/** Events of these say themselves when they were. */
export function tellsTime(fields: readonly FieldManifest[]): boolean {
  return fields.some(
    ({ name, value }) =>
      name === 'time' && value.op === 'slot' && value.type.kind === 'int' && value.type.as === 'timestamp',
  );
}
