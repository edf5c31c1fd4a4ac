/** Functions of real programs of C, C++, Rust and Go, probed by the names and types of their debug information: exact counts and values. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { isRoot, jsonLines, type Ledger, Probepipe, probepipe, Workspace } from '../support/probepipe.js';
import { hasGo, hasRust, Programs, run } from '../support/programs.js';

const programs = new Programs();
afterAll(() => programs.remove());

interface Outcome {
  readonly of: (probe: string) => Record<string, unknown>[];
  readonly ledger: Ledger;
}

async function outcome(yaml: string, load: () => unknown): Promise<Outcome> {
  using work = new Workspace();
  const stats = work.path('stats.json');
  const file = work.file('pipeline.yaml', yaml);
  const started = await new Probepipe(['run', file, '--format', 'jsonl', '--stats-file', stats]).attached();
  await load();
  const { code, stdout, stderr } = await started.stop();
  expect([code, stderr.includes('does not add up')]).toEqual([0, false]);
  const lines = jsonLines(stdout);
  const of = (probe: string) => lines.filter((line) => line.probe === probe).map(({ probe: _, ...fields }) => fields);
  return { of, ledger: JSON.parse(readFileSync(stats, 'utf8')) };
}

const ten = Array.from({ length: 10 }, (_, index) => index);

describe.skipIf(!isRoot)('functions of C (needs root)', () => {
  it.each([
    ['gcc', '-O0'],
    ['gcc', '-O2'],
    ['clang', '-O0'],
    ['clang', '-O2'],
    ['gcc', '-O2 -gdwarf-4'],
    ['gcc', '-O0 -gdwarf-2'],
    ['gcc', '-O2 -gz'],
  ])('compiled by %s %s', async (compiler, options) => {
    const binary = programs.compile(compiler, 'functions.c', `functions ${compiler}${options}`, ...options.split(' '));
    const { of, ledger } = await outcome(
      `
probes:
  many:
    attach: ucall:${binary}:many
    fields:
      - a: args.a
      - b: args.b
      - c: args.c
      - d: args.d
      - e: args.e
      - f: args.f
      - g: args.g
      - h: str(args.h)
      - x: args.p.x
      - y: args.p.y
      - retval
  value:
    attach: ucall:${binary}:by_value
    fields: [x: args.p.x, y: args.p.y, z: args.z, left: retval.x, right: retval.y]
  walk:
    attach: ucall:${binary}:walk
    fields:
      - small: args.item.small
      - wide: args.item.next.wide
      - text: args.item.next.letters
      - x: args.item.inner.at.x
      - name: str(args.item.next.name)
      - color: args.item.next.inner.color
      - green: args.item.next.inner.color == GREEN
      - key: args.item.key
      - lastSmall: args.item.next.small
      - tail: (args.item.next as struct item).tail
      - retval
  entry:
    attach: uprobe:${binary}:many
    where: args.p.y == -3
    fields: [first: args.0, last: args.p.x]
  declared:
    attach: uprobe:${binary}:walk
    signature: "(it: struct item *)"
    fields: [y: args.it.next.inner.at.y]
  deep:
    attach: ucall:${binary}:descend
    fields: [depth: args.depth, retval]
`,
      () => run(binary),
    );
    expect(of('many')).toEqual(
      ten.map((i) => ({
        a: i,
        b: true,
        c: 99,
        d: -4,
        e: 5_000_000_000,
        f: 6,
        g: 7,
        h: 'eighth',
        x: i,
        y: -i + 0,
        retval: -7,
      })),
    );
    expect(of('value')).toEqual(ten.map((i) => ({ x: i, y: 2 * i, z: i, left: 2 * i, right: i + 1 })));
    const walked = {
      ...{ small: 3, wide: 70_000, text: 'hello', x: 1, name: 'last', color: 'GREEN', green: true },
      ...{ key: '01020304', lastSmall: -2, tail: -9, retval: 'RED' },
    };
    expect(of('walk')).toEqual(ten.map(() => walked));
    expect(of('entry')).toEqual([{ first: 3, last: 3 }]);
    expect(of('declared')).toEqual(ten.map(() => ({ y: 4 })));
    // clang makes a loop of it.
    if (compiler === 'gcc' && options === '-O0') {
      expect(of('deep')).toEqual([0, 1, 2, 3].map((depth) => ({ depth, retval: (depth * (depth + 1)) / 2 })));
    }
    expect(ledger.lost).toBe(0);
  });

  it('that only their file calls are read where the compiler says', async () => {
    const binary = programs.compile('gcc', 'functions.c', 'static', '-O2');
    const symbol = execFileSync('nm', [binary], { encoding: 'utf8' }).match(/inner_only\S*/)?.[0];
    expect(symbol).toMatch(/^inner_only\./);
    const { of } = await outcome(
      `
probes:
  copy:
    attach: uprobe:${binary}:${symbol}
    fields: [count: args.count, x: args.item.inner.at.x, color: args.color]
`,
      () => run(binary, 'one', 'two'),
    );
    expect(of('copy')).toEqual([{ count: 3, x: 1, color: 'GREEN' }]);
  });

  it('stripped of their debug information find it beside them, by build-id and by link', async () => {
    const binary = programs.compile('gcc', 'functions.c', 'split', '-O2', '-Wl,--build-id=none');
    mkdirSync(programs.path('.debug'), { recursive: true });
    const debug = programs.path('.debug/split.debug');
    execFileSync('objcopy', ['--only-keep-debug', binary, debug]);
    execFileSync('objcopy', ['--strip-all', `--add-gnu-debuglink=${debug}`, binary]);
    const { of } = await outcome(
      `
probes:
  walk:
    attach: uprobe:${binary}:walk
    fields: [name: str(args.item.next.name), tail: args.item.next.tail]
`,
      () => run(binary),
    );
    expect(of('walk')).toEqual(ten.map(() => ({ name: 'last', tail: -9 })));
  });
});

describe.skipIf(!isRoot)('functions of C++ (needs root)', () => {
  it.each([
    ['g++', '-O0'],
    ['g++', '-O2'],
    ['clang++', '-O0 -fstandalone-debug'],
  ])('compiled by %s %s', async (compiler, options) => {
    const binary = programs.compile(compiler, 'shapes.cc', `shapes ${compiler}${options}`, ...options.split(' '));
    const { of } = await outcome(
      `
probes:
  area:
    attach: ucall:${binary}:shapes::Circle::area(int)
    fields: [id: args.this.id, value: args.this.box.value, scale: args.scale, retval]
  take:
    attach: ucall:${binary}:shapes::take
    fields: [value: args.box.value, tag: args.box.tag, id: args.circle.id, retval]
  text:
    attach: uprobe:${binary}:shapes::take
    fields: [text: str(args.text._M_dataplus._M_p)]
  twice:
    attach: uprobe:${binary}:shapes::twice<long>
    fields: [x: args.x]
`,
      () => run(binary),
    );
    const five = <T>(value: T): T[] => Array.from({ length: 5 }, () => value);
    expect(of('area')).toEqual(five({ id: 42, value: 7, scale: 3, retval: 21 }));
    expect(of('take')).toEqual(five({ value: 8, tag: 2, id: 42, retval: 42 }));
    expect(of('text')).toEqual(five({ text: 'hello' }));
    expect(of('twice')).toEqual(five({ x: 4 }));
  });
});

describe.skipIf(!isRoot || !hasRust)('functions of Rust (needs root and rustc)', () => {
  it.each(['0', '1'])('optimized by level %s', async (level) => {
    const binary = programs.compile('rustc', 'greeter.rs', `greeter${level}`, '-C', `opt-level=${level}`);
    const { of } = await outcome(
      `
probes:
  greet:
    attach: ucall:${binary}:greeter::greet
    fields: [name: args.name, times: args.times, retval]
  total:
    attach: ucall:${binary}:greeter::Account::total
    fields: [id: args.self.id, tag: "args.self.tags[39]", count: args.amounts.length, retval]
`,
      () => run(binary),
    );
    expect(of('greet')).toEqual([0, 1, 2, 3, 4].map((times) => ({ name: 'wörld', times, retval: 6 * times })));
    expect(of('total')).toEqual([0, 1, 2, 3, 4].map(() => ({ id: 5, tag: 1, count: 3, retval: 15 })));
  });
});

describe.skipIf(!isRoot || !hasGo)('functions of Go (needs root and go)', () => {
  const server = hasGo ? programs.go('server.go', 'server') : '';
  const calls = ten.flatMap((call) => ten.map((goroutine) => ({ call, goroutine })));

  it('have their arguments and results, each call once although stacks grow and goroutines move', async () => {
    const { of, ledger } = await outcome(
      `
probes:
  handle:
    attach: ucall:${server}:main.handle
    fields:
      - path: args.path
      - n: args.n
      - size: args.body.len
      - method: str(args.r.Method)
      - x: args.p.X
      - y: args.p.Y
      - ry: args.r.Pos.Y
      - ret: retval.r0
      - failed: retval.r1.data != 0
  scale:
    attach: ucall:${server}:main.(*Request).Scale
    where: args.r.Size == 4
    fields: [by: args.by, retval, method: args.r.Method]
  many:
    attach: ucall:${server}:main.many
    fields: [a: args.a, i: args.i, j: args.j, k: args.k, name: args.name, retval]
  mixed:
    attach: uprobe:${server}:main.mixed
    fields: [ok: args.ok, small: args.small, first: "args.list[0]"]
  posts:
    attach: uprobe:${server}:main.handle
    where: args.path == "/items/7"
    fields: [path: "str(args.path, 4)"]
`,
      () => run(server, '10', '10'),
    );
    const byCall = (a: Record<string, unknown>, b: Record<string, unknown>) =>
      Number(a.n) - Number(b.n) || Number(a.y) - Number(b.y);
    expect(of('handle').sort(byCall)).toEqual(
      calls.map(({ call, goroutine }) => ({
        path: `/items/${call}`,
        n: call,
        size: goroutine,
        method: 'GET',
        x: call,
        y: goroutine,
        ry: -goroutine + 0,
        ret: call % 10 === 3 ? -call : call + goroutine,
        failed: call % 10 === 3,
      })),
    );
    expect(of('scale')).toEqual(ten.map(() => ({ by: 3, retval: 12, method: 'GET' })));
    expect(of('many')).toEqual(calls.map(() => ({ a: 1, i: 9, j: 10, k: 11, name: 'last', retval: 16 })));
    expect(
      of('mixed')
        .map(({ first }) => Number(first))
        .sort(),
    ).toEqual(calls.map(({ call }) => call).sort());
    expect(of('mixed')[0]).toMatchObject({ ok: true, small: 200 });
    expect(of('posts')).toEqual(ten.map(() => ({ path: '/ite' })));
    expect(ledger.lost).toBe(0);
  });

  it('that call themselves are told apart while their stack moves', async () => {
    const { of, ledger } = await outcome(
      `
maps:
  depths: { key: { n: i64, retval: i64 }, value: count }
probes:
  deep:
    attach: ucall:${server}:main.deep
    update:
      depths[args.n, retval]: count()
`,
      () => run(server, '100', '8'),
    );
    // deep(n) returns n; handle calls it with call % 50 unless call % 10 is 3.
    const expected = Array.from({ length: 50 }, (_, n) => {
      const starts = Array.from({ length: 50 }, (_, from) => from).filter((from) => from >= n && from % 10 !== 3);
      return [n, n, starts.length * 2 * 8];
    }).filter(([, , count]) => count !== 0);
    const [probe] = ledger.probes;
    expect([probe?.unmatched, probe?.restarted, probe?.started]).toEqual([
      0,
      0,
      expected.reduce((sum, [, , count]) => sum + (count ?? 0), 0),
    ]);
    expect(of('deep')).toEqual([]);
  });

  it('without symbols are found all the same', async () => {
    const stripped = programs.go('server.go', 'stripped', '-ldflags=-s -w');
    const { of } = await outcome(
      `
probes:
  handle:
    attach: ucall:${stripped}:main.handle
    signature: "(path: char *, length: long, n: int) -> int"
    where: args.n == 5
    fields: [path: "bytes(args.path, args.length, 16)", retval]
`,
      () => run(stripped, '10', '4'),
    );
    const path = Buffer.from('/items/5').toString('hex');
    expect(of('handle').map((each) => each.path)).toEqual([path, path, path, path]);
  });

  it('go on when probes come and go under load', async () => {
    using work = new Workspace();
    const file = work.file(
      'pipeline.yaml',
      `
maps:
  calls: { key: { failed: bool }, value: count }
probes:
  handle:
    attach: ucall:${server}:main.handle
    update:
      calls[retval.r1.data != 0]: count()
  deep:
    attach: ucall:${server}:main.deep
    where: duration > 1s
    fields: [n: args.n]
`,
    );
    const load = new Promise<string>((resolve) => {
      import('node:child_process').then(({ execFile }) => {
        execFile(server, ['20000', '16'], (_, stdout) => resolve(stdout));
      });
    });
    for (let round = 0; round < 3; round++) {
      const { code, stderr } = await probepipe('run', file, '--duration', '300ms');
      expect([code, stderr.includes('does not add up')]).toEqual([0, false]);
    }
    expect(await load).toBe('served 320000\n');
  });
});
