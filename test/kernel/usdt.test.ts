/** USDT probes of a real program, as both compilers write them: arguments of every size and in every kind of place, and semaphores. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, Probepipe, Workspace } from '../support/probepipe.js';
import { buildUsdtSample, noUsdtHeader, UsdtSample } from '../support/usdt-sample.js';

const builds = [
  ['gcc', '-O0'],
  ['gcc', '-O2'],
  ['clang', '-O0'],
  ['clang', '-O2'],
] as const;

const pipeline = (binary: string): string => `
probes:
  narrow:
    attach: usdt:${binary}:sample:narrow
    fields: [a: args.0, b: args.1, c: args.2, d: args.3]
  wide:
    attach: usdt:${binary}:sample:wide
    fields: [e: args.0, f: args.1, g: args.2, h: args.3]
  constants:
    attach: usdt:${binary}:sample:constants
    fields: [a: args.0, b: args.1, c: args.2]
  memory:
    attach: usdt:${binary}:sample:memory
    signature: "(counter: i64, entry: int, text: char *)"
    fields:
      - counter: args.counter
      - entry: args.entry
      - text: str(args.text)
  places:
    attach: usdt:${binary}:sample:places
    fields: [x: args.0, hook: hook.name]
  none:
    attach: usdt:${binary}:sample:none
    where: comm == "sample"
    fields: [comm]
`;

describe.skipIf(!isRoot || noUsdtHeader !== undefined)(`usdt: (needs root; ${noUsdtHeader ?? ''})`, () => {
  it.each(builds)(
    'reads arguments and holds semaphores in a program built by %s %s',
    async (compiler, optimization) => {
      using work = new Workspace();
      const binary = buildUsdtSample(work.path('sample'), compiler, optimization);
      const stats = work.path('stats.json');
      const file = work.file('pipeline.yaml', pipeline(binary));
      using sample = new UsdtSample(binary);
      expect(await sample.fire()).toBe(0);
      const run = await new Probepipe(['run', file, '--format', 'jsonl', '--stats-file', stats]).attached();
      // A process that was there before, and one that comes later.
      expect(await sample.fire()).toBe(1);
      using later = new UsdtSample(binary);
      expect(await later.fire()).toBe(1);
      const { code, stdout } = await run.stop();
      expect(code).toBe(0);
      expect(await sample.fire()).toBe(0);
      expect(await later.fire()).toBe(0);
      const once = [
        { probe: 'narrow', a: -1, b: 200, c: -300, d: 60000 },
        { probe: 'wide', e: -70000, f: 4000000000, g: -5000000000, h: Number(18000000000000000000n) },
        { probe: 'constants', a: 5, b: -6, c: 0x123456789abc },
        { probe: 'memory', counter: 41, entry: -40, text: 'a text' },
        { probe: 'places', x: -70000, hook: `usdt:${binary}:sample:places` },
        { probe: 'places', x: Number(18000000000000000000n - (1n << 64n)), hook: `usdt:${binary}:sample:places` },
        { probe: 'none', comm: 'sample' },
      ];
      expect(jsonLines(stdout)).toEqual([...once, ...once]);
      const ledger: { probes: { faultedReads: number }[] } = JSON.parse(readFileSync(stats, 'utf8'));
      expect(ledger.probes.map((each) => each.faultedReads)).toEqual([0, 0, 0, 0, 0, 0]);
    },
  );
});
