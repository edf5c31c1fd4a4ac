/** Every kind of map on the guest's kernel, by the calls of this process alone. */
import { expect, it } from 'vitest';
import { jsonLines, Probepipe, Workspace } from '../../support/probepipe.js';

const calls = 5000;

const pipeline = (pid: number): string => `
maps:
  watched: { key: u32, entries: [${pid}] }
  hash: { key: { pid: u32 }, value: count }
  lru: { type: lru_hash, key: { pid: u32 }, value: count }
  percpu: { type: percpu_hash, key: { pid: u32 }, value: { n: count, h: hist } }
  lru_percpu: { type: lru_percpu_hash, key: { pid: u32 }, value: sum }
  array: { type: array, max_entries: 2, value: count, entries: { 1: 7 } }
  each: { type: percpu_array, max_entries: 2, value: stats }
  zones: { type: lpm_trie, value: { name: string(8), n: count, half: sum }, entries: { 10.0.0.0/8: { name: ten }, "::/0": { name: all } }, columns: { ratio: half / n } }
  seen: { type: bloom_filter, key: { pid: u32 } }
  known: { key: { known: bool }, value: count }
  queue: { type: queue, value: { pid: u32, at: u64 }, max_entries: 10, on_full: evict }
  stack: { type: stack, value: u32, max_entries: 10 }
  drained: { type: queue, value: u32, max_entries: 100000, every: 100ms, reset: true }
  fresh: { key: { pid: u32 }, value: count, every: 100ms, reset: true }
  raw: { key: bytes(16), value: bytes(8) }
probes:
  call:
    attach: tracepoint:syscalls:sys_enter_getppid
    where: pid in watched
    update:
      hash[pid]: count()
      lru[pid]: count()
      percpu[pid].n: count()
      percpu[pid].h: hist(5)
      lru_percpu[pid]: sum(3)
      array[1]: count()
      each[0]: stats(4)
      zones[ip(0x0100000a as u32)].n: count()
      zones[ip(0x0100000a as u32)].half: sum(2)
      known[pid in seen]: count()
      seen[pid]: true
      queue: push(pid, now)
      stack: push(pid)
      drained: push(pid)
      fresh[pid]: count()
      raw[bytes(task.comm, 8)]: bytes(task.comm, 4)
  thinned:
    attach: tracepoint:syscalls:sys_enter_getppid
    sample: 2
    where: pid in watched
    rate_limit: 10
    fields: [pid]
`;

it('all kinds of maps load, are filled, updated and shown', { timeout: 180_000 }, async () => {
  using work = new Workspace();
  const run = await new Probepipe([
    'run',
    work.file('maps.yaml', pipeline(process.pid)),
    '--format',
    'jsonl',
  ]).attached();
  for (let call = 0; call < calls; call++) void process.ppid;
  const { code, stdout, stderr } = await run.stop();
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('does not add up')]);
  const lines = jsonLines(stdout);
  const of = (map: string): Record<string, unknown>[] => lines.filter((line) => line.map === map);
  const { pid } = process;
  const total = Number(of('hash')[0]?.count);
  expect(total).toBeGreaterThanOrEqual(calls);
  expect(of('watched')).toEqual([]);
  expect(of('lru')).toEqual([{ map: 'lru', pid, count: total }]);
  expect(of('percpu')).toEqual([
    { map: 'percpu', pid, n: total, h: { buckets: [{ ge: 4, lt: 8, count: total }], count: total } },
  ]);
  expect(of('lru_percpu')).toEqual([{ map: 'lru_percpu', pid, sum: 3 * total }]);
  expect(of('array')).toEqual([{ map: 'array', index: 1, count: total + 7 }]);
  expect(of('each')).toEqual([{ map: 'each', index: 0, count: total, sum: 4 * total, min: 4, max: 4, avg: 4 }]);
  expect(of('zones')).toEqual([
    { map: 'zones', key: '10.0.0.0/8', name: 'ten', n: total, half: 2 * total, ratio: 2 },
    { map: 'zones', key: '::/0', name: 'all', n: 0, half: 0, ratio: 0 },
  ]);
  expect(of('known')).toEqual(expect.arrayContaining([{ map: 'known', known: true, count: expect.any(Number) }]));
  expect(of('known').reduce((sum, { count }) => sum + Number(count), 0)).toBe(total);
  expect(of('queue')).toHaveLength(10);
  expect(of('stack')).toEqual(new Array(10).fill({ map: 'stack', value: pid }));
  expect(of('drained')).toHaveLength(total);
  expect(of('fresh').reduce((sum, { count }) => sum + Number(count), 0)).toBe(total);
  expect(of('raw')).toHaveLength(1);
  expect(lines.filter(({ probe }) => probe === 'thinned').length).toBeGreaterThanOrEqual(10);
});
