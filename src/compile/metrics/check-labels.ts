/**
 * Labels of a map's metrics. Each value of a label is a series that Prometheus keeps for as long as it keeps anything, so what takes ever new values is refused, or wants a limit that somebody thought of.
 */
import type { Span } from '../../diagnostics/source.js';
import { didYouMean, listed } from '../../diagnostics/suggest.js';
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
    const kind = endless && manyValues(label.name, endless);
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
    return type === undefined || manyValues(each.name, type) === undefined;
  });
  return `leave it out: metrics: { ${plan.map.name}: { labels: [${few.map(({ name }) => name).join(', ')}] } }`;
}

/** The labels that the sink names. */
function checkGiven({ sinkSpec, plan, options, sink }: MetricsCheck): void {
  const { name } = plan.map;
  const given = options.metrics.get(name)?.labels ?? [];
  const known = plan.possibleLabels.map((each) => each.name);
  given.forEach((label, index) => {
    const place = sinkSpec.optionTexts?.get(`metrics.${name}.labels.${index}`)?.span ?? sinkSpec.span;
    if (!known.includes(label)) {
      sink.add('name-unknown', `"${name}" has no "${label}" that could be a label`, place, {
        hints: [...didYouMean(label, known), ...listed('it has', known)],
      });
    } else if (given.indexOf(label) < index) {
      sink.add('metric-label', `the label "${label}" stands twice`, place);
    }
  });
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
function placeOfLabel({ sinkSpec, plan, map, options }: MetricsCheck, { name }: LabelSource): Span | undefined {
  const given = options.metrics.get(plan.map.name)?.labels?.indexOf(name) ?? -1;
  const text = sinkSpec.optionTexts?.get(`metrics.${plan.map.name}.labels.${given}`);
  if (text !== undefined) return text.span;
  const { key } = map.spec;
  return key !== undefined && 'members' in key
    ? key.members.find((each) => each.name.value === name)?.name.span
    : undefined;
}
