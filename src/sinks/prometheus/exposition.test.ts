import { describe, expect, it } from 'vitest';
import { prometheusPrograms, promtoolComplaints } from '../../../test/support/prometheus-server.js';
import { boundText, exposition, type Family, labelText, numberText } from './exposition.js';
import { formatFor, patienceOf, takesGzip } from './negotiation.js';

const counter: Family = {
  name: 'probepipe_test_wait_seconds',
  kind: 'counter',
  help: 'a "quoted" line\nand \\ another',
  unit: 'seconds',
  samples: [
    {
      suffix: '_total',
      labels: labelText('comm', 'a"b\\c\nd\u{1f600}'),
      value: '18446744073.709551615',
      exemplar: { labels: 'pid="7"', value: '0.5', time: '1700000000.25' },
    },
    { suffix: '_created', labels: '', value: '1700000000' },
  ],
};
const gauge: Family = {
  name: 'depth',
  kind: 'gauge',
  help: 'x',
  unit: '',
  samples: [{ suffix: '', labels: '', value: '-3' }],
};

describe('a page', () => {
  it('is text that any Prometheus reads', () => {
    expect(
      exposition([counter, gauge], 'text'),
    ).toBe(`# HELP probepipe_test_wait_seconds_total a "quoted" line\\nand \\\\ another
# TYPE probepipe_test_wait_seconds_total counter
probepipe_test_wait_seconds_total{comm="a\\"b\\\\c\\nd😀"} 18446744073.709551615
# HELP depth x
# TYPE depth gauge
depth -3
`);
  });

  it('is OpenMetrics, with units, exemplars and beginnings', () => {
    expect(
      exposition([counter, gauge], 'openmetrics'),
    ).toBe(`# HELP probepipe_test_wait_seconds a \\"quoted\\" line\\nand \\\\ another
# TYPE probepipe_test_wait_seconds counter
# UNIT probepipe_test_wait_seconds seconds
probepipe_test_wait_seconds_total{comm="a\\"b\\\\c\\nd😀"} 18446744073.709551615 # {pid="7"} 0.5 1700000000.25
probepipe_test_wait_seconds_created 1700000000
# HELP depth x
# TYPE depth gauge
depth -3
# EOF
`);
  });

  it('has the count of a histogram without a sum where that is taken', () => {
    const histogram: Family = {
      name: 'took',
      kind: 'histogram',
      help: 'x',
      unit: '',
      samples: [
        { suffix: '_bucket', labels: 'le="+Inf"', value: '2' },
        { suffix: '_count', labels: '', value: '2' },
      ],
    };
    const shown = (['text', 'prometheus', 'openmetrics'] as const).map((format) => exposition([histogram], format));
    expect(shown.map((page) => page.includes('took_count 2'))).toEqual([true, true, false]);
    expect(shown.map((page) => page.endsWith('# EOF\n'))).toEqual([false, true, true]);
    expect(formatFor({ accept: 'application/openmetrics-text', 'x-prometheus-scrape-timeout-seconds': '10' })).toBe(
      'prometheus',
    );
  });

  it('has the lines of a family together, though several pipelines have some of it', () => {
    const other = { ...gauge, samples: [{ suffix: '', labels: 'pipeline="b"', value: '4' }] };
    expect(exposition([gauge, counter, other], 'text')).toMatch(/depth -3\ndepth\{pipeline="b"\} 4\n# HELP/);
  });

  it('leaves out what has no series', () => {
    expect(exposition([{ ...gauge, samples: [] }], 'openmetrics')).toBe('# EOF\n');
  });

  it.skipIf(prometheusPrograms() === undefined)('passes promtool', () => {
    expect(promtoolComplaints(exposition([counter], 'text'))).toBe('');
    expect(promtoolComplaints('a b c\n')).not.toBe('');
  });
});

describe('numbers', () => {
  it.each([
    [0, '0.0'],
    [-1, '-1.0'],
    [1048575, '1048575.0'],
    [1.024e-6, '1.024e-06'],
    [1.024e-12, '1.024e-12'],
    [0.000131072, '0.000131072'],
    [34.359738368, '34.359738368'],
  ])('%s is the bound %s', (value, text) => {
    expect(boundText(value)).toBe(text);
  });

  it('have the infinities that Prometheus knows', () => {
    expect([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e21].map(numberText)).toEqual([
      '+Inf',
      '-Inf',
      'NaN',
      '1e+21',
    ]);
  });
});

describe('what a scrape asks for', () => {
  it.each([
    [undefined, 'text'],
    ['*/*', 'text'],
    ['text/plain', 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    ['application/openmetrics-text; version="1.0.0"; q=0.2, text/plain; q=0.3', 'text'],
    ['application/openmetrics-text;version=2.0.0', 'text'],
    ['application/openmetrics-text;q=x,;;,=', 'text'],
  ])('%s is %s', (accept, format) => {
    expect(formatFor(accept === undefined ? {} : { accept })).toBe(format);
  });

  it('may be compressed, and may be wanted soon', () => {
    expect(takesGzip({ 'accept-encoding': 'deflate, gzip' })).toBe(true);
    expect(takesGzip({ 'accept-encoding': 'gzip;q=0' })).toBe(false);
    expect(takesGzip({})).toBe(false);
    expect(patienceOf({ 'x-prometheus-scrape-timeout-seconds': '2.5' })).toBe(2500);
    expect(patienceOf({ 'x-prometheus-scrape-timeout-seconds': '-1' })).toBe(undefined);
  });
});
