/**
 * Metric families → the page that Prometheus reads: the text format 0.0.4, or OpenMetrics 1.0.0 (prometheus.io/docs/instrumenting/exposition_formats; the OpenMetrics specification). Integers keep all of
 * their digits, though Prometheus itself keeps doubles.
 */

/**
 * `prometheus` is OpenMetrics with one thing that the specification has not: the `_count` of histograms that have no `_sum`. Prometheus and its
 * kin take it, and strict readers refuse the page.
 */
export type PageFormat = 'text' | 'openmetrics' | 'prometheus';

const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export interface Family {
  /** Without `_total`. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'summary' | 'histogram';
  readonly help: string;
  /** Empty for none. */
  readonly unit: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** `_total`, `_bucket`, …; `_created` is for OpenMetrics alone. */
  readonly suffix: string;
  /** `a="b",c="d"`, escaped: see `labelText`. */
  readonly labels: string;
  readonly value: string;
  readonly exemplar?: Exemplar;
}

/** One event that was counted: for OpenMetrics alone. */
export interface Exemplar {
  readonly labels: string;
  readonly value: string;
  /** Seconds since 1970. */
  readonly time: string;
}

export const contentTypes: Readonly<Record<PageFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: openMetrics,
  prometheus: openMetrics,
};

/** Families of equal names become one. */
export function exposition(families: readonly Family[], format: PageFormat): string {
  const lines: string[] = [];
  for (const family of merged(families)) familyLines(family, format, lines);
  if (format !== 'text') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

/** All lines of a family must stand together, and several pipelines may have one each. */
function merged(families: readonly Family[]): Iterable<Family> {
  const byName = new Map<string, Family>();
  for (const family of families) {
    const before = byName.get(family.name);
    byName.set(
      family.name,
      before === undefined ? family : { ...before, samples: [...before.samples, ...family.samples] },
    );
  }
  return byName.values();
}

function familyLines({ name, kind, help, unit, samples }: Family, format: PageFormat, lines: string[]): void {
  if (samples.length === 0) return;
  const open = format !== 'text';
  const summed = kind !== 'histogram' || samples.some(({ suffix }) => suffix === '_sum');
  const shown = kind === 'counter' && !open ? `${name}_total` : name;
  lines.push(`# HELP ${shown} ${helpText(help, open)}`, `# TYPE ${shown} ${kind}`);
  if (open && unit !== '') lines.push(`# UNIT ${shown} ${unit}`);
  for (const { suffix, labels, value, exemplar } of samples) {
    if (suffix === '_created' && !open) continue;
    if (suffix === '_count' && format === 'openmetrics' && !summed) continue;
    const line = `${name}${suffix}${labels === '' ? '' : `{${labels}}`} ${value}`;
    lines.push(open && exemplar !== undefined ? `${line} # ${exemplarText(exemplar)}` : line);
  }
}

const exemplarText = ({ labels, value, time }: Exemplar): string => `{${labels}} ${value} ${time}`;

function helpText(help: string, open: boolean): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return open ? escaped.replaceAll('"', '\\"') : escaped;
}

/** One label. Any text may stand in it. */
export function labelText(name: string, value: string): string {
  return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`;
}

export function joinedLabels(...labels: readonly string[]): string {
  return labels.filter((each) => each !== '').join(',');
}

/** A bound of a bucket, the same in both formats, since it is a label's text: `1.0`, `1.024e-06`. */
export function boundText(bound: number): string {
  if (Number.isInteger(bound) && Math.abs(bound) < 1e21) return `${bound}.0`;
  if (bound !== 0 && Math.abs(bound) < 1e-4)
    return bound.toExponential().replace(/e([+-])([0-9])$/, (_, sign, digit) => `e${sign}0${digit}`);
  return String(bound);
}

export function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
