import { describe, expect, it } from 'vitest';
import { batchOf } from '../delivery/batch.js';
import { bodyForm } from './body.js';
import { unixNanoseconds } from './item-fields.js';

const lines = [
  '{"probe":"p","time":"2026-01-02T03:04:05.123456789Z","n":18446744073709551615}\n',
  '{"map":"m \\"x\\"","time":"2026-01-02T03:04:06Z","count":2}\n',
  '{"probe":"p","path":",\\"time\\":\\"2020-01-01T00:00:00Z\\""}\n',
];

const batch = (() => {
  const items = lines.map((line) => Buffer.from(line));
  let end = 0;
  const ends = Uint32Array.from(items, (item) => {
    end += item.length;
    return end;
  });
  return batchOf([{ bytes: Buffer.concat(items), count: items.length, ends }]);
})();

const bodyOf = (encoding: Parameters<typeof bodyForm>[0], labels = {}) =>
  Buffer.from(bodyForm(encoding, labels).body(batch)).toString();

describe('a body', () => {
  it('is lines of JSON, for ClickHouse as well', () => {
    expect(bodyOf('ndjson')).toBe(lines.join(''));
    expect(bodyOf('clickhouse')).toBe(lines.join(''));
  });

  it('is an array', () => {
    expect(bodyOf('json_array')).toBe(`[${lines.map((line) => line.trimEnd()).join(',')}]`);
  });

  it('is Loki’s, with a stream for each probe and map, and every digit', () => {
    const { streams } = JSON.parse(bodyOf('loki', { host: 'h' }));
    expect(streams).toMatchObject([
      { stream: { job: 'probepipe', host: 'h', name: 'p' } },
      { stream: { job: 'probepipe', host: 'h', name: 'm "x"' } },
    ]);
    expect(streams[0].values[0]).toEqual(['1767323045123456789', lines[0]?.trimEnd()]);
    expect(streams[1].values[0][0]).toBe('1767323046000000000');
    // A text that looks like a time is none.
    expect(Number(streams[0].values[1][0]) / 1e6).toBeCloseTo(Date.now(), -5);
  });

  it('is Elasticsearch’s, with an action for each event and a time', () => {
    const [action, document, , second] = bodyOf('elasticsearch_bulk').split('\n');
    expect(action).toBe('{"create":{}}');
    expect(document).toBe(`{"@timestamp":"2026-01-02T03:04:05.123456789Z",${lines[0]?.trimEnd().slice(1)}`);
    expect(JSON.parse(second ?? '')).toMatchObject({ '@timestamp': '2026-01-02T03:04:06Z', count: 2 });
  });

  it('is Splunk’s', () => {
    expect(bodyOf('splunk_hec')).toContain(
      `{"time":1767323045.123456789,"source":"p","sourcetype":"probepipe","event":${lines[0]?.trimEnd()}}{"time":1767323046.0`,
    );
  });
});

describe('times', () => {
  it('are nanoseconds since 1970', () => {
    expect(unixNanoseconds('1970-01-01T00:00:01.5Z', 0)).toBe('1500000000');
    expect(unixNanoseconds('1970-01-01T01:00:00.000000001+01:00', 0)).toBe('1');
    expect(unixNanoseconds(undefined, 5)).toBe('5000000');
  });
});

describe('the answer to a bulk request', () => {
  const usual = (status: number) => status === 429;
  const answer = (statuses: readonly number[], whole = true) => ({
    status: 200,
    headers: {},
    body: Buffer.from(JSON.stringify({ errors: true, items: statuses.map((status) => ({ create: { status } })) })),
    whole,
  });
  const outcome = (statuses: readonly number[], whole = true) =>
    bodyForm('elasticsearch_bulk', {}).outcome?.(answer(statuses, whole), batch, usual);

  it('is told for each item', () => {
    expect(outcome([201, 201, 201])).toEqual({ kind: 'delivered' });
    expect(outcome([201, 429, 400])).toEqual({
      kind: 'partial',
      reason: '429',
      retry: new Set([1]),
      refused: new Map([[2, 'refused (400)']]),
    });
  });

  it('is that of all where the items are left out', () => {
    const told = (body: object, whole = true) =>
      bodyForm('elasticsearch_bulk', {}).outcome?.(
        { status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)), whole },
        batch,
        usual,
      )?.kind;
    expect(told({ errors: false })).toBe('delivered');
    expect(told({ took: 3, errors: false, items: [] })).toBe('delivered');
    expect(told({ errors: true })).toBe('retry');
    expect(told({ errors: false }, false)).toBe('retry');
    expect(told({ errors: false, items: [{ create: { status: 201 } }] })).toBe('retry');
    expect(told({})).toBe('retry');
  });

  it('tells nothing where it is cut, or of another number of items', () => {
    for (const unclear of [outcome([201, 201, 201], false), outcome([201])])
      expect(unclear).toEqual({ kind: 'retry', reason: 'unclear answer' });
  });
});
