// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
import { describe, expect, it } from 'vitest';
import { spanText } from '../diagnostics/source.js';
import { readPipeline } from './read-pipeline.js';
import type { AlternativeSpec, LocatedText, PipelineSpec } from './spec.js';

function read(text: string, name = 'folder/My Pipe.yaml'): PipelineSpec {
  const { output, diagnostics } = readPipeline({ name, text }, []);
  expect(diagnostics).toEqual([]);
  if (output === undefined) throw new Error('no spec');
  return output;
}

/** Every character of a text stands where it says. */
function placed(text: LocatedText | undefined): string | undefined {
  if (text === undefined) return undefined;
  const { source } = text.span;
  for (const [index, character] of [...text.text].entries()) {
    expect(source.text[text.offsetAt(index)]).toBe(character);
  }
  expect(spanText(text.span)).toContain(text.text);
  return text.text;
}

const hooksOf = (alternatives: readonly AlternativeSpec[] | undefined) =>
  alternatives?.map(({ hooks }) => hooks.map(({ kind, target }) => `${kind.value}|${placed(target)}`));

const probe = (keys: string) => read(`probes:\n  p:\n    fields: [time]\n${keys}`).probes[0];

describe('attach', () => {
  it.each([
    ['attach: function:tcp_connect', [['function|tcp_connect']]],
    ['attach: " kprobe : tcp_connect "', [['kprobe|tcp_connect']]],
    ['attach: tracepoint:sched:sched_switch', [['tracepoint|sched:sched_switch']]],
    ['attach: syscall:{open,openat}', [['syscall|{open,openat}']]],
    ['attach: [fentry:a, kprobe:a]', [['fentry|a'], ['kprobe|a']]],
    ['attach: [[tp_btf:a, tp_btf:b], kprobe:c]', [['tp_btf|a', 'tp_btf|b'], ['kprobe|c']]],
    ['attach: { hook: kprobe:a }', [['kprobe|a']]],
    ['attach: [{ hook: [kprobe:a, kprobe:b] }]', [['kprobe|a', 'kprobe|b']]],
  ])('%s', (text, hooks) => {
    expect(hooksOf(probe(`    ${text}`)?.attach)).toEqual(hooks);
  });

  it('keeps what belongs to one alternative', () => {
    const [, second] =
      probe(`
    attach:
      - fentry:a
      - hook: kprobe:a
        where: args.x == 1
        let: { y: args.z, z: 1 }
        signature: "(x: u32)"`)?.attach ?? [];
    expect(placed(second?.where)).toBe('args.x == 1');
    expect(placed(second?.signature)).toBe('(x: u32)');
    expect(second?.let.map(({ name, expression }) => [name.value, placed(expression)])).toEqual([
      ['y', 'args.z'],
      ['z', '1'],
    ]);
  });
});

describe('a pair', () => {
  it('takes the same forms on both sides', () => {
    const pair = probe(
      `
    pair:
      start: [[tp_btf:a, tp_btf:b]]
      end: { hook: tp_btf:c, where: args.x }
      key: { start: args.p, end: args.q }
      where: { end: duration > 1ms }
      ttl: 1.5s
      max_entries: 4_096`.replace('4_096', '4096'),
    )?.pair;
    expect([hooksOf(pair?.start), hooksOf(pair?.end)]).toEqual([[['tp_btf|a', 'tp_btf|b']], [['tp_btf|c']]]);
    expect([pair?.key.start.map(placed), pair?.key.end.map(placed)]).toEqual([['args.p'], ['args.q']]);
    expect([placed(pair?.where.start), placed(pair?.where.end)]).toEqual([undefined, 'duration > 1ms']);
    expect([pair?.ttl?.value, pair?.maxEntries?.value]).toEqual([1_500_000_000n, 4096n]);
  });

  it('has one key for both sides', () => {
    const pair = probe('    pair: { start: "tp_btf:a", end: "tp_btf:b", key: tid }')?.pair;
    expect([pair?.key.start.map(placed), pair?.key.end.map(placed)]).toEqual([['tid'], ['tid']]);
  });
});

describe('a pair of several key parts', () => {
  it('has them in their order', () => {
    const pair = probe('    pair: { start: "tp_btf:a", end: "tp_btf:b", key: [args.dev, args.sector] }')?.pair;
    expect(pair?.key.end.map(placed)).toEqual(['args.dev', 'args.sector']);
  });
});

describe('a probe', () => {
  it('keeps its order and its places', () => {
    const [first] = read(`
probes:
  p:
    attach: function:a
    where: true
    let: { z: 0x10, a: "\\"quoted\\" + b" }
    update:
      counts[pid, "x"].sent: sum(args.size)
      "other[1]": 1
    fields:
      - time
      - size: >-
          args.a +
          args.b
      - yes: 1`).probes;
    expect(first?.where?.text).toBe('true');
    expect(first?.let.map(({ name, expression }) => [name.value, expression.text])).toEqual([
      ['z', '0x10'],
      ['a', '"quoted" + b'],
    ]);
    expect(first?.update.map(({ target, expression }) => [placed(target), placed(expression)])).toEqual([
      ['counts[pid, "x"].sent', 'sum(args.size)'],
      ['other[1]', '1'],
    ]);
    expect(first?.fields.map(({ name, expression }) => [name.value, expression.text])).toEqual([
      ['time', 'time'],
      ['size', 'args.a + args.b'],
      ['yes', '1'],
    ]);
  });
});

describe('a map', () => {
  const map = (text: string) => read(`maps:\n  m: ${text}\nprobes:\n  p: { attach: "a:b", fields: [time] }`).maps[0];

  it('is a hash unless it says otherwise', () => {
    expect(map('{ value: count }')).toMatchObject({ type: { value: 'hash' }, reset: false });
    expect(map('{ value: count }')).not.toHaveProperty('key');
  });

  it('keeps all that it says', () => {
    const read = map(
      '{ type: lru_percpu_hash, key: { a: u16, b: comm }, value: { n: count, t: u64 }, max_entries: 1e3, every: 1m, reset: true, top: 3, order: asc, on_full: evict }',
    );
    expect(read).toMatchObject({
      type: { value: 'lru_percpu_hash' },
      key: { members: [{ name: { value: 'a' }, type: { text: 'u16' } }, { name: { value: 'b' } }] },
      value: { members: [{ type: { text: 'count' } }, { type: { text: 'u64' } }] },
      maxEntries: { value: 1000n },
      every: { value: 60_000_000_000n },
      reset: true,
      top: { value: 3n },
      order: { value: 'asc' },
      onFull: { value: 'evict' },
    });
  });

  it('may have one key and one value', () => {
    expect(map('{ key: u16, value: hist }')).toMatchObject({
      key: { single: { text: 'u16' } },
      value: { single: { text: 'hist' } },
    });
  });
});

describe('sinks', () => {
  const sinks = (text: string) => read(`probes:\n  p: { attach: "a:b", fields: [time] }\n${text}`).sinks;

  it('are standard output where there are none', () => {
    expect(sinks('')).toMatchObject([{ kind: { value: 'stdout' }, name: 'stdout', options: {} }]);
  });

  it('have names of their own', () => {
    expect(
      sinks('sinks: [stdout, { file: { path: a } }, { file: { path: b } }, stdout: ]').map(({ name }) => name),
    ).toEqual(['stdout', 'file', 'file-2', 'stdout-2']);
  });

  it('have options as a manifest can hold them', () => {
    const [sink] = sinks(
      'sinks: [http: { url: "http://${HOST}/", from: [p], fields: [time], batch: { max_events: 5, max_wait: 10ms }, concurrency: 2 }]',
    );
    expect(sink?.options).toEqual({
      url: 'http://${HOST}/',
      batch: { max_events: 5, max_wait: '10ms' },
      concurrency: 2,
    });
    expect([...(sink?.optionTexts ?? [])].map(([path, text]) => [path, placed(text)])).toEqual([
      ['url', 'http://${HOST}/'],
      ['batch.max_wait', '10ms'],
    ]);
    expect(sink?.from?.map(({ value }) => value)).toEqual(['p']);
    expect(sink?.fields?.map(({ value }) => value)).toEqual(['time']);
  });
});

describe('the name', () => {
  it.each([
    ['folder/My Pipe.yaml', 'my-pipe'],
    ['/a/tcp_connect.yml', 'tcp_connect'],
    ['<stdin>', 'stdin'],
    ['.yaml', 'pipeline'],
    ['-Ünix.yaml', 'nix'],
  ])('of %s is %s', (file, name) => {
    expect(read('probes:\n  p: { attach: "a:b", fields: [time] }', file).name.value).toBe(name);
  });

  it('is what the pipeline says', () => {
    expect(read('name: other\nprobes:\n  p: { attach: "a:b", fields: [time] }').name.value).toBe('other');
  });
});
