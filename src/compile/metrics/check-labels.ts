/**
 * Labels of a map's metrics. Each value of a label is a series that Prometheus keeps for as long as it keeps anything, so what takes ever new values is refused, or wants a limit that somebody thought of.
 */
import type { Span } from '../../diagnostics/source.js';
import { didYouMean, listed } from '../../diagnostics/suggest.js';
import type { SinkSpec } from '../../language/spec.js';
import type { ValueType } from '../manifest.js';
import type { MetricsCheck } from './check-metrics.js';
import { labelProblem } from './metric-names.js';
import type { LabelSource } from './metric-plan.js';

export function checkLabels(check: MetricsCheck): void {
  const { plan, sink, map } = check;
  const scraped = check.sinkSpec.kind.value === 'prometheus';
  checkGiven(check);
  if (plan.metrics.length === 0) {
    sink.add('sink-config', `"${plan.map.name}" holds no number that could be a metric`, placeOfMap(check), {
      hints: ['count beside it, as in "value: { name: comm, seen: count }", or leave it out of "from"'],
    });
  }
  for (const label of plan.labels) {
    const problem = labelProblem(label.name);
    const place = placeOfLabel(check, label) ?? map.spec.name.span;
    if (problem !== undefined)
      sink.add('metric-label', `"${label.name}" cannot be a label: ${problem}`, place, {
        hints: ['give that part of the key another name'],
      });
    const endless = label.from === 'column' ? undefined : typeOf(label, check);
    const kind = endless && manyValues(label.of, endless);
    if (kind === undefined) continue;
    const without = leftOut(check);
    if (kind === 'a stack' || kind === 'a time') {
      sink.add('metric-label', `"${label.name}" is ${kind}, which makes no label`, place, { hints: [without] });
    } else if (limitOf(check) === undefined) {
      sink.add('metric-label', `the label "${label.name}" is ${kind}, and may have any number of values`, place, {
        severity: 'warning',
        hints: scraped ? [without, 'or say how many series there may be: limits: { series: 1000 }'] : [without],
      });
    }
  }
}

/** With all that are as bad left out, or the next one would be told of then. */
function leftOut(check: MetricsCheck): string {
  const { plan, sinkSpec } = check;
  // Remote write has no such options.
  if (sinkSpec.kind.value !== 'prometheus') return 'count by less: leave it out of the key of the map';
  const few = plan.labels.filter((each) => {
    const type = each.from === 'column' ? undefined : typeOf(each, check);
    return type === undefined || manyValues(each.of, type) === undefined;
  });
  return `leave it out: metrics: { ${plan.map.name}: { labels: [${few.map(({ of }) => of).join(', ')}] } }`;
}

/** The labels that the sink names. */
function checkGiven({ sinkSpec, plan, sink }: MetricsCheck): void {
  const { name } = plan.map;
  const known = plan.possibleLabels.map(({ of }) => of);
  const seen = new Set<string>();
  for (const { of, label, place, keyPlace } of givenLabels(sinkSpec, name)) {
    if (!known.includes(of)) {
      sink.add('name-unknown', `"${name}" has no "${of}" that could be a label`, keyPlace, {
        hints: [...didYouMean(of, known), ...listed('it has', known)],
      });
    } else if (seen.has(label)) {
      sink.add('metric-label', `the label "${label}" stands twice`, place);
    }
    seen.add(label);
  }
}

interface GivenLabel {
  readonly of: string;
  readonly label: string;
  readonly place: Span;
  readonly keyPlace: Span;
}

/** A list of what the map shows, or a mapping of that to names. */
function givenLabels({ options, optionTexts, optionKeys, span }: SinkSpec, map: string): GivenLabel[] {
  const path = `metrics.${map}.labels`;
  const given = labelsOf(options.metrics, map);
  if (Array.isArray(given))
    return given.map((each, index) => {
      const place = optionTexts?.get(`${path}.${index}`)?.span ?? span;
      return { of: String(each), label: String(each), place, keyPlace: place };
    });
  return Object.entries(Object(given)).map(([of, label]) => ({
    of,
    label: String(label),
    place: optionTexts?.get(`${path}.${of}`)?.span ?? span,
    keyPlace: optionKeys?.get(`${path}.${of}`) ?? span,
  }));
}

function labelsOf(metrics: unknown, map: string): unknown {
  return Object(Object(metrics)[map]).labels;
}

const limitOf = ({ sinkSpec }: MetricsCheck): Span | undefined => sinkSpec.optionKeys?.get('limits.series');

function typeOf({ from, index }: LabelSource, { plan }: MetricsCheck): ValueType | undefined {
  if (from === 'key') return plan.map.key[index]?.type;
  const slot = plan.map.value[index];
  return slot?.aggregation === 'value' ? slot.type : undefined;
}

const endlessNames = /(^|_)(pid|tid|tgid|ppid|inode|ino|fd|cgroup|cookie|sector)$/;
/** The kernel's names of tasks and what is as short as one are few. */
const shortText = 17;

function manyValues(name: string, type: ValueType): string | undefined {
  switch (type.kind) {
    case 'kstack':
    case 'ustack':
      return 'a stack';
    case 'ip':
    case 'mac':
      return 'an address';
    case 'string':
      return 'a text';
    case 'text':
      return type.size > shortText ? 'a text' : undefined;
    case 'bytes':
      return 'a text';
    case 'int':
      if (type.as === 'timestamp') return 'a time';
      if (type.as === 'hex') return 'an address';
      if (type.as === 'duration') return 'a duration';
      return endlessNames.test(name) ? 'the number of something' : undefined;
    default:
      return undefined;
  }
}

function placeOfMap({ sinkSpec, plan }: MetricsCheck): Span {
  return sinkSpec.from?.find(({ value }) => value === plan.map.name)?.span ?? sinkSpec.span;
}

/** Where the sink names it, or else where the map's key does. */
function placeOfLabel({ sinkSpec, plan, map }: MetricsCheck, { of }: LabelSource): Span | undefined {
  const given = givenLabels(sinkSpec, plan.map.name).find((each) => each.of === of);
  if (given !== undefined) return given.place;
  const { key } = map.spec;
  return key !== undefined && 'members' in key
    ? key.members.find((each) => each.name.value === of)?.name.span
    : undefined;
}
