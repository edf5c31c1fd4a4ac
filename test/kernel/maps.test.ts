/** Maps and the ring buffer under load on this machine's kernel, with counts that must be exact. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { isRoot, jsonLines, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';

/** A program that makes getppid calls from several processes and prints their ids; its name tells its events apart. */
const loadSource = `
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	long calls = atol(argv[1]);
	int processes = atoi(argv[2]);
	for (int each = 0; each < processes; each++) {
		int child = fork();
		if (child == 0) {
			for (long call = 0; call < calls; call++)
				syscall(SYS_getppid);
			_exit(0);
		}
		printf("%d\\n", child);
		fflush(stdout);
	}
	while (wait(0) > 0)
		;
	return 0;
}
`;

const calls = 200_000;
const processes = 2;
const total = calls * processes;

describe.skipIf(!isRoot)('maps and the ring buffer on this kernel (needs root)', () => {
  const tools = new Workspace();
  const load = tools.path('ppload');
  beforeAll(() => {
    execFileSync('cc', ['-O1', '-o', load, tools.file('load.c', loadSource)]);
    return () => tools[Symbol.dispose]();
  });

  async function outcome(
    maps: string,
    update: string,
    fields = '',
  ): Promise<{ lines: Record<string, unknown>[]; ledger: Ledger; stdout: string; pids: number[] }> {
    using work = new Workspace();
    const stats = work.path('stats.json');
    const yaml = `${maps}probes:\n  call:\n    attach: tracepoint:syscalls:sys_enter_getppid\n    where: comm == "ppload"\n${update}${fields}`;
    const run = await new Probepipe([
      'run',
      work.file('pipeline.yaml', yaml),
      '--format',
      'jsonl',
      '--stats-file',
      stats,
    ]).attached();
    // Not synchronously: this process reads the other's standard output meanwhile.
    const { stdout: printed } = await promisify(execFile)(load, [String(calls), String(processes)]);
    const pids = printed.trim().split('\n').map(Number);
    const { code, stdout, stderr } = await run.stop();
    expect([code, stderr.includes('does not add up')]).toEqual([0, false]);
    return { lines: jsonLines(stdout), ledger: JSON.parse(readFileSync(stats, 'utf8')), stdout, pids };
  }

  it.each(['hash', 'lru_hash', 'percpu_hash', 'lru_percpu_hash'])(
    '%s counts exactly on two processors at once',
    async (type) => {
      const { lines, ledger, pids } = await outcome(
        `maps:\n  calls: { type: ${type}, key: { comm: comm }, value: { n: count, s: sum, a: avg, low: min, high: max } }\n`,
        '    update:\n      calls[comm].n: count()\n      calls[comm].s: sum(3)\n      calls[comm].a: avg(7)\n      calls[comm].low: min(pid)\n      calls[comm].high: max(pid)\n',
      );
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({ map: 'calls', comm: 'ppload', n: total, s: 3 * total, a: 7 });
      expect([lines[0]?.low, lines[0]?.high]).toEqual([Math.min(...pids), Math.max(...pids)]);
      expect(ledger.probes[0]?.passed).toBe(total);
    },
  );

  it('let values read maps as they were when the hit came; a field of its own reads them after the updates', async () => {
    using work = new Workspace();
    const yaml = `
maps:
  calls: { key: u32, value: u64, show: false }
  names: { key: u32, value: string(10), show: false }
probes:
  call:
    attach: tracepoint:syscalls:sys_enter_getppid
    where: comm == "ppload"
    let:
      before: calls[tid] ?? 0
      called: names[tid] ?? "first"
    update:
      calls[tid]: before + 1
      names[tid]: if(before % 2 == 0, "even", "odd")
    fields: [before, called, after: "calls[tid]"]
`;
    const run = await new Probepipe(['run', work.file('pipeline.yaml', yaml), '--format', 'jsonl']).attached();
    await promisify(execFile)(load, ['100', '1']);
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const expected = Array.from({ length: 100 }, (_, n) => ({
      probe: 'call',
      before: n,
      called: n === 0 ? 'first' : n % 2 === 1 ? 'even' : 'odd',
      after: n + 1,
    }));
    expect(jsonLines(stdout)).toEqual(expected);
  });

  it.each(['array', 'percpu_array'])('%s counts exactly', async (type) => {
    const { lines } = await outcome(
      `maps:\n  calls: { type: ${type}, max_entries: 4, value: count }\n`,
      '    update:\n      calls[2]: count()\n      calls[9]: count()\n',
    );
    expect(lines).toEqual([{ map: 'calls', index: 2, count: total }]);
  });

  it('hist and lhist put every value into its bucket', async () => {
    const { lines } = await outcome(
      'maps:\n  h: { type: hash, key: { c: comm }, value: hist }\n  l: { type: hash, key: { c: comm }, value: lhist }\n  s: { type: hash, key: { c: comm }, value: hist }\n',
      '    update:\n      h[comm]: hist(5)\n      l[comm]: lhist(35, 0, 100, 10)\n      s[comm]: hist(-5)\n',
    );
    const bucketsOf = (map: string): unknown => lines.find((line) => line.map === map)?.buckets;
    expect(bucketsOf('h')).toEqual([{ ge: 4, lt: 8, count: total }]);
    expect(bucketsOf('l')).toEqual([{ ge: 30, lt: 40, count: total }]);
    expect(JSON.stringify(bucketsOf('s'))).toContain(`"count":${total}`);
  });

  it('bhist puts what is a bound below it, and keeps the sum', async () => {
    const values = { at: '5, 5, 10', above: '6, 5, 10', beyond: '11, 5, 10', negative: '-6, -5, 5', low: '-5, -5, 5' };
    const names = Object.keys(values);
    const { lines } = await outcome(
      `maps:\n${names.map((name) => `  ${name}: { type: hash, key: { c: comm }, value: bhist }\n`).join('')}`,
      `    update:\n${Object.entries(values)
        .map(([name, text]) => `      ${name}[comm]: bhist(${text})\n`)
        .join('')}`,
    );
    const of = (map: string): unknown => {
      const line = lines.find((each) => each.map === map);
      return [line?.buckets, line?.sum];
    };
    expect(names.map(of)).toEqual([
      [[{ le: 5, count: total }], 5 * total],
      [[{ gt: 5, le: 10, count: total }], 6 * total],
      [[{ gt: 10, count: total }], 11 * total],
      [[{ le: -5, count: total }], -6 * total],
      [[{ le: -5, count: total }], -5 * total],
    ]);
  });

  it('every and reset: the snapshots add up to the whole, whatever falls between them', async () => {
    const { lines } = await outcome(
      'maps:\n  calls: { type: hash, key: { comm: comm }, value: count, every: 20ms, reset: true }\n',
      '    update:\n      calls[comm]: count()\n',
    );
    const sum = lines.reduce((all, line) => all + Number(line.count ?? 0), 0);
    expect(lines.length).toBeGreaterThan(1);
    expect(sum).toBe(total);
  });

  it('a full map counts what it could not take', async () => {
    const { lines, ledger } = await outcome(
      'maps:\n  calls: { type: hash, key: { t: u64 }, value: count, max_entries: 100 }\n',
      '    update:\n      calls[now]: count()\n',
    );
    const kept = lines.reduce((all, line) => all + Number(line.count), 0);
    expect(kept + (ledger.probes[0]?.mapFull ?? 0)).toBe(total);
    expect(ledger.lost).toBe(ledger.probes[0]?.mapFull);
  });

  it('on_full: evict keeps the newest', async () => {
    const { lines, ledger } = await outcome(
      'maps:\n  calls: { type: hash, key: { t: u64 }, value: count, max_entries: 100, on_full: evict }\n',
      '    update:\n      calls[now]: count()\n',
    );
    expect(lines.length).toBeGreaterThan(0);
    expect(ledger.probes[0]?.mapFull).toBe(0);
  });

  it.each([
    ['hash, on_full: evict', 'value: count', 'count()'],
    ['lru_hash', 'value: count', 'count()'],
    ['lru_hash', 'value: u64', 'now'],
    ['lru_hash', 'value: count, every: 20ms, reset: true', 'count()'],
    ['lru_hash', 'value: u32, every: 20ms, reset: true', 'pid'],
    ['lru_percpu_hash', 'value: count', 'count()'],
  ])('every entry of a %s with %s is shown or counted as evicted', async (type, value, update) => {
    const { lines, ledger } = await outcome(
      `maps:\n  calls: { type: ${type}, key: { tid: u32, at: u64 }, ${value}, max_entries: 300 }\n`,
      `    update:\n      calls[tid, now]: ${update}\n`,
    );
    expect(lines.length).toBeGreaterThan(0);
    expect([lines.length + (ledger.evicted.calls ?? 0), ledger.probes[0]?.mapFull]).toEqual([total, 0]);
  });

  it('entries that programs delete are not counted as evicted', async () => {
    const { lines, ledger } = await outcome(
      'maps:\n  calls: { type: lru_hash, key: { tid: u32, odd: u64 }, value: u64, max_entries: 300 }\n',
      '    update:\n      calls[tid, now % 2]: now\n      calls[tid, 0]: delete()\n',
    );
    expect(lines.length).toBeGreaterThan(0);
    expect(ledger.evicted).toEqual({ calls: 0 });
  });

  it('values of a map behind let are what they were when the hit came, texts, bytes and addresses too', async () => {
    using work = new Workspace();
    const yaml = `maps:
  last: { type: hash, key: { tid: u32 }, value: { part: bytes(8), address: ip, name: comm, at: u64 } }
probes:
  enter:
    attach: tracepoint:syscalls:sys_enter_getppid
    where: comm == "ppload"
    update:
      last[tid].part: bytes(task.comm, 8)
      last[tid].address: ip(16777343 as u32)
      last[tid].name: comm
      last[tid].at: 7
  exit:
    attach: tracepoint:syscalls:sys_exit_getppid
    where: comm == "ppload"
    let: { part: "last[tid].part", address: "last[tid].address", name: "last[tid].name", at: "last[tid].at" }
    update:
      last[tid]: delete()
    fields: [part, address, name, at]
`;
    const run = await new Probepipe(['run', work.file('lets.yaml', yaml), '--format', 'jsonl']).attached();
    execFileSync(load, ['100', '2']);
    const { stdout } = await run.stop();
    const event = { probe: 'exit', part: '70706c6f61640000', address: '127.0.0.1', name: 'ppload', at: 7 };
    expect(jsonLines(stdout)).toEqual(Array.from({ length: 200 }, () => event));
  });

  it('top and order choose the rows', async () => {
    const { lines } = await outcome(
      'maps:\n  calls: { type: hash, key: { low: u64 }, value: count, top: 3, order: desc }\n',
      '    update:\n      calls[now % 7]: count()\n',
    );
    expect(lines).toHaveLength(3);
    const counts = lines.map((line) => Number(line.count));
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  });

  it('entries are there before the first hit, for every kind of map that holds them', async () => {
    const { lines, ledger } = await outcome(
      [
        'maps:',
        '  set: { key: comm, entries: [ppload] }',
        '  several: { key: { a: u32, name: comm }, entries: ["1, ppload", [2, other]] }',
        '  hash: { key: comm, value: count, entries: { ppload: 5, never: 0 } }',
        '  shared: { type: percpu_hash, key: comm, value: { n: count, label: string(8) }, entries: { ppload: { n: 7, label: here } } }',
        '  array: { type: array, max_entries: 4, value: u64, entries: { 1: 10, 3: 1s } }',
        '  each: { type: percpu_array, max_entries: 2, value: count, entries: { 1: 3 } }',
        '  filter: { type: bloom_filter, key: comm, entries: [ppload] }\n',
      ].join('\n'),
      [
        '    let:',
        '      known: comm in set and (1, comm) in several and (2, comm) not in several and comm in filter',
        '    update:',
        '      hash[if(known, comm, "none")]: count()',
        '      shared[comm].n: count()',
        '      array[2]: (array[1] ?? 0) + (array[3] ?? 0)',
        '      each[1]: count()\n',
      ].join('\n'),
    );
    expect(lines).toEqual([
      { map: 'hash', key: 'ppload', count: total + 5 },
      { map: 'hash', key: 'never', count: 0 },
      { map: 'shared', key: 'ppload', n: total + 7, label: 'here' },
      { map: 'array', index: 1, value: 10 },
      { map: 'array', index: 2, value: 1_000_000_010 },
      { map: 'array', index: 3, value: 1_000_000_000 },
      { map: 'each', index: 1, count: total + 3 },
    ]);
    expect(ledger.lost).toBe(0);
  });

  it('an lpm_trie counts into the longest network that holds the address, on two processors at once', async () => {
    const { lines, ledger, pids } = await outcome(
      'maps:\n  zones: { type: lpm_trie, value: { name: string(8), n: count, s: sum }, entries: { 10.0.0.0/8: { name: ten }, 10.1.0.0/16: { name: near }, ::/0: { name: all }, 192.168.0.0/16: { name: none } } }\n  labels: { key: string(8), value: count }\n',
      '    let:\n      to: ip(if(pid % 2 == 0, 0x0102010a, 0x0102020a) as u32)\n    update:\n      zones[to].n: count()\n      zones[to].s: sum(2)\n      labels[zones[to].name]: count()\n',
    );
    const near = calls * pids.filter((pid) => pid % 2 === 0).length;
    const ten = total - near;
    const zones = lines.filter(({ map }) => map === 'zones');
    expect(zones.map(({ key, n }) => [key, n])).toEqual(
      expect.arrayContaining([
        ['10.0.0.0/8', ten],
        ['10.1.0.0/16', near],
        ['::/0', 0],
        ['192.168.0.0/16', 0],
      ]),
    );
    expect(zones.reduce((sum, { s }) => sum + Number(s), 0)).toBe(2 * total);
    const labels = new Map(lines.filter(({ map }) => map === 'labels').map(({ key, count }) => [key, count]));
    expect([labels.get('ten') ?? 0, labels.get('near') ?? 0]).toEqual([ten, near]);
    expect(ledger.lost).toBe(0);
  });

  it('a bloom_filter knows every key that was added', async () => {
    const { lines } = await outcome(
      'maps:\n  seen: { type: bloom_filter, key: { pid: u32 }, max_entries: 100 }\n  calls: { key: { known: bool }, value: count }\n',
      '    update:\n      calls[pid in seen]: count()\n      seen[pid]: true\n',
    );
    const count = (known: boolean): number =>
      Number(lines.find((line) => line.map === 'calls' && line.known === known)?.count ?? 0);
    expect(count(false)).toBeLessThanOrEqual(processes);
    expect(count(true) + count(false)).toBe(total);
  });

  it.each(['queue', 'stack'])('a %s takes what it has room for, in order, and counts the rest', async (type) => {
    const { lines, ledger } = await outcome(
      `maps:\n  seen: { type: ${type}, value: { at: u64, comm: comm }, max_entries: 100 }\n`,
      '    update:\n      seen: push(now, comm)\n',
    );
    expect(lines).toHaveLength(100);
    expect(ledger.probes[0]?.mapFull).toBe(total - 100);
    expect(new Set(lines.map(({ comm }) => comm))).toEqual(new Set(['ppload']));
  });

  it.each(['queue', 'stack'])('a %s with on_full: evict keeps the newest', async (type) => {
    const { lines, ledger } = await outcome(
      `maps:\n  seen: { type: ${type}, value: u64, max_entries: 100, on_full: evict }\n  calls: { type: array, max_entries: 1, value: max }\n`,
      '    update:\n      seen: push(now)\n      calls[0]: max(now)\n',
    );
    const values = lines.filter(({ map }) => map === 'seen').map(({ value }) => Number(value));
    expect(values).toHaveLength(100);
    const latest = Number(lines.find(({ map }) => map === 'calls')?.max);
    // The two processors' last pushes and updates may lie crosswise.
    expect(Math.max(...values)).toBeGreaterThanOrEqual(latest - 50_000_000);
    expect(ledger.evicted).toEqual({ seen: total - 100 });
    const [first = 0, last = 0] = [values[0], values.at(-1)];
    expect(type === 'queue' ? last - first : first - last).toBeGreaterThan(0);
    expect(ledger.probes[0]?.mapFull).toBe(0);
  });

  it('a queue with reset gives out every value once', async () => {
    const { lines, ledger } = await outcome(
      'maps:\n  seen: { type: queue, value: u32, max_entries: 1000000, every: 50ms, reset: true }\n',
      '    update:\n      seen: push(tid)\n',
    );
    expect(lines).toHaveLength(total);
    expect(ledger.lost).toBe(0);
  });

  it('bytes are keys and values, also where there is room for more of them', async () => {
    const { lines } = await outcome(
      'maps:\n  short: { key: bytes(8), value: bytes(4), entries: { "00": "01ff" } }\n  long: { key: { b: bytes(32) }, value: count }\n',
      '    update:\n      short[bytes(task.comm, 8)]: bytes(task.comm, 4)\n      long[short[bytes(task.comm, 8)]]: count()\n',
    );
    const sum = lines.filter(({ map }) => map === 'long').reduce((all, { count }) => all + Number(count), 0);
    expect(sum).toBe(total);
    expect(lines).toContainEqual({ map: 'short', key: '00', value: '01ff' });
    expect(lines.filter(({ map }) => map === 'long').every(({ b }) => String(b).length === 8)).toBe(true);
  });

  it('columns are computed from each row, and order it', async () => {
    const { lines } = await outcome(
      'maps:\n  calls:\n    key: { low: u32 }\n    value: { n: count, s: sum, took: avg }\n    order: each asc\n    top: 2\n    columns: { each: s / n, share: 100 * n / (n + s), t: took.sum }\n',
      '    update:\n      calls[(now % 4) as u32].n: count()\n      calls[(now % 4) as u32].s: sum((now % 4) * 2)\n      calls[(now % 4) as u32].took: avg(1us)\n',
    );
    expect(lines).toHaveLength(2);
    const each = lines.map((line) => Number(line.each));
    expect(each).toEqual([...each].sort((a, b) => a - b));
    for (const { n, s, each: computed, share } of lines) {
      expect(computed).toBe(Number(s) / Number(n));
      expect(share).toBe((100 * Number(n)) / (Number(n) + Number(s)));
    }
  });

  it('sample takes about one hit in so many, whole, and counts the others', async () => {
    const { lines, ledger } = await outcome(
      'maps:\n  calls: { key: { comm: comm }, value: count }\n',
      '    sample: 100\n    update:\n      calls[comm]: count()\n',
      '    fields: [pid]\n',
    );
    const [probe] = ledger.probes;
    const passed = probe?.passed ?? 0;
    expect(probe?.hits).toBe(passed + (probe?.sampledOut ?? 0) + (probe?.filtered ?? 0));
    expect(lines.find((line) => line.map === 'calls')).toMatchObject({ comm: 'ppload', count: passed });
    expect(lines).toHaveLength(passed + 1);
    // 4000 of 400,000 with a standard deviation of 63.
    expect(Math.abs(passed - total / 100)).toBeLessThan(600);
    expect(ledger.lost).toBe(0);
  });

  it('rate_limit lets no more through than it says, on two processors at once, and every update takes place', async () => {
    const { lines, ledger } = await outcome(
      'maps:\n  calls: { key: { comm: comm }, value: count }\n',
      '    rate_limit: 500\n    update:\n      calls[comm]: count()\n',
      '    fields: [now]\n',
    );
    expect(lines.find((line) => line.map === 'calls')).toMatchObject({ comm: 'ppload', count: total });
    const times = lines.flatMap((line) => (line.now === undefined ? [] : [Number(line.now)])).sort((a, b) => a - b);
    const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1e9;
    expect(times.length).toBeGreaterThanOrEqual(500);
    expect(times.length).toBeLessThanOrEqual(500 + Math.ceil(500 * seconds));
    const [probe] = ledger.probes;
    expect((probe?.passed ?? 0) + (probe?.rateLimited ?? 0)).toBe(total);
    expect(ledger.lost).toBe(0);
  });

  it('streams every event, none lost, none twice', async () => {
    const { lines, ledger } = await outcome('', '', '    fields: [time, pid, tid, comm]\n');
    expect(lines).toHaveLength(total);
    expect(ledger.lost).toBe(0);
    expect(ledger.sinks[0]).toMatchObject({ offered: total, delivered: total });
  });

  it('a reader that stands still fills the ring: what had no room is counted, and the rest arrives', async () => {
    using work = new Workspace();
    const stats = work.path('stats.json');
    const yaml =
      'probes:\n  call:\n    attach: tracepoint:syscalls:sys_enter_getppid\n    where: comm == "ppload"\n    fields:\n      - time\n      - comm\n      - text: bytes(task, 1000)\n';
    const run = await new Probepipe([
      'run',
      work.file('pipeline.yaml', yaml),
      '--format',
      'jsonl',
      '--stats-file',
      stats,
    ]).attached();
    process.kill(run.pid, 'SIGSTOP');
    // Not synchronously: this process reads the other's standard output meanwhile.
    await promisify(execFile)(load, [String(calls), String(processes)]);
    process.kill(run.pid, 'SIGCONT');
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    const full = ledger.probes[0]?.ringFull ?? 0;
    expect(full).toBeGreaterThan(0);
    expect(jsonLines(stdout).length + full).toBe(total);
    expect(ledger.imbalances).toEqual([]);
  });
});
