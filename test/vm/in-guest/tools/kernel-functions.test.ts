/** Pipelines whose hooks are the kernel's own functions beside libbpf-tools' originals, and those whose originals run on none of these kernels under a known load. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, linkSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { OriginalTool, words } from '../../../support/original-tool.js';
import { jsonLines, Probepipe } from '../../../support/probepipe.js';
import { beside, slots, timeout } from './beside.js';

type Row = Readonly<Record<string, unknown>>;

const sum = (rows: readonly Row[], name: string): number => rows.reduce((all, row) => all + Number(row[name] ?? 0), 0);
const sh = (script: string): void => void execFileSync('sh', ['-c', script], { stdio: 'pipe' });

it('funclatency counts the calls that the original counts', { timeout }, async () => {
  const made = 26;
  // Hard links, which nobody else makes meanwhile.
  const originals = [{ options: ['-u', 'vfs_link'], ready: 2 }];
  const { ours, theirs } = await beside('funclatency', ['function=call:vfs_link'], originals, async () => {
    const folder = mkdtempSync('/run/guest/calls-');
    writeFileSync(join(folder, 'file'), '');
    for (let call = 0; call < made; call++) linkSync(join(folder, 'file'), join(folder, `${call}`));
    rmSync(folder, { recursive: true });
  });
  const calls = ours.map((row) => row.calls).filter((each): each is Row => typeof each === 'object' && each !== null);
  expect(sum(calls, 'count')).toBe(made);
  expect(slots(theirs[0] ?? []).reduce((all, [, count]) => all + count, 0)).toBe(made);
});

it('vfsstat counts the files that the original counts as created', { timeout }, async () => {
  const { ours, theirs } = await beside('vfsstat', [], [{ options: ['1'], ready: 5 }], async () => {
    const folder = mkdtempSync('/run/guest/nodes-');
    // vfs_create() is called for mknod() alone.
    for (let node = 0; node < 7; node++)
      sh(`perl -e 'my $path = shift; syscall(133, $path, 0100644, 0) == 0 or die $!' ${folder}/${node}`);
    rmSync(folder, { recursive: true });
    // The original shows whole seconds only.
    await sleep(2500);
  });
  const created = ours.filter((row) => Object.values(row).some((value) => /:vfs_create$/.test(String(value))));
  expect(sum(created, 'count')).toBe(7);
  // TIME READ/s WRITE/s FSYNC/s OPEN/s CREATE/s, of intervals of one second.
  const shown = (theirs[0] ?? []).filter(([time]) => /^\d+:\d+:\d+:$/.test(time ?? ''));
  expect(shown.reduce((all, line) => all + Number(line[5]), 0)).toBe(7);
});

it('oomkill tells of the victim that the original tells of', { timeout }, async () => {
  const group = '/sys/fs/cgroup/oomkill';
  const { ours, theirs } = await beside('oomkill', [], [{ options: [], ready: 1 }], async () => {
    sh(`echo +memory >/sys/fs/cgroup/cgroup.subtree_control; mkdir ${group}; echo 30M >${group}/memory.max`);
    sh(`sh -c 'echo $$ >${group}/cgroup.procs; exec perl -e "\\$x = q(x) x 2e8"' || true; sleep 1; rmdir ${group}`);
  });
  // TIME Triggered by PID 1 ("perl"), OOM kill of PID 1 ("perl"), 7680 pages, loadavg: …
  const [line] = (theirs[0] ?? []).map((each) => each.join(' ')).filter((each) => each.includes('OOM kill of'));
  const [, by, victim, comm, pages] =
    /by PID (\d+) .*OOM kill of PID (\d+) \("([^"]*)"\), (\d+) pages/.exec(line ?? '') ?? [];
  expect(ours).toHaveLength(1);
  expect(ours[0]).toMatchObject({ pid: Number(by), victim: Number(victim), victim_comm: comm, pages: Number(pages) });
  expect(comm).toBe('perl');
});

it('runqlen sees the queue that the original sees', { timeout }, async () => {
  const spinning = 4;
  const { ours, theirs } = await beside('runqlen', [], [{ options: ['-C', '1000', '1'], ready: 2 }], async () => {
    const tasks = Array.from({ length: spinning }, () =>
      spawn('taskset', ['--cpu-list', '1', 'timeout', '12', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }),
    );
    await Promise.all(tasks.map((task) => once(task, 'close')));
  });
  // cpu = 1, then its rows: LENGTH : COUNT |***|
  const lines = theirs[0] ?? [];
  const from = lines.findIndex(([cpu, , number]) => cpu === 'cpu' && number === '1');
  const rows = lines.slice(from + 1).flatMap(([length, colon, count]): [number, number][] => {
    return colon === ':' && /^\d+$/.test(length ?? '') ? [[Number(length), Number(count)]] : [];
  });
  const mine = ours.find(({ cpu }) => cpu === 1)?.buckets;
  const buckets: Row[] = Array.isArray(mine) ? mine : [];
  const most = (pairs: readonly (readonly [number, number])[]) => [...pairs].sort((a, b) => b[1] - a[1])[0]?.[0];
  const waiting = (pairs: readonly (readonly [number, number])[]) => most(pairs.filter(([length]) => length > 0));
  expect(waiting(rows)).toBe(spinning - 1);
  expect(waiting(buckets.map(({ ge, count }) => [Number(ge), Number(count)] as const))).toBe(spinning - 1);
});

it('slabratetop counts the allocations that the original counts', { timeout: 2 * timeout }, async (context) => {
  if (!release().startsWith('6.1.'))
    return context.skip("the original needs kmem_cache_alloc() to take a kprobe, which Linux 6.12's does not");
  const start = () => new Probepipe(['run', 'pipelines/slabratetop.yaml', '--format', 'jsonl']).attached();
  const filesOf = async (run: Probepipe): Promise<number> => {
    const { code, stdout, stderr } = await run.stop();
    expect(code, stderr).toBe(0);
    return sum(
      jsonLines(stdout).filter(({ cache }) => cache === 'filp'),
      'allocations',
    );
  };
  // The cache is the whole machine's: one run of ours lies within the original's time, another around it.
  const around = await start();
  const original = await new OriginalTool('slabratetop', ['-C', '1']).linked(1);
  const within = await start();
  for (let file = 0; file < 300; file++) closeSync(openSync('/etc/hostname', 'r'));
  const least = await filesOf(within);
  // The original shows whole seconds only.
  await sleep(2500);
  const theirs = (await original.stop()).map(words).filter(([cache]) => cache === 'filp');
  const shown = theirs.reduce((all, [, allocations]) => all + Number(allocations), 0);
  const most = await filesOf(around);
  expect(least).toBeGreaterThanOrEqual(300);
  expect(shown).toBeGreaterThanOrEqual(least);
  expect(shown).toBeLessThanOrEqual(most);
});

const pages = 1024;

/** A file that is not in the page cache, read once whole, and once again. */
function readTwice(): void {
  const image = '/run/guest/cache.img';
  const folder = '/run/guest/cache';
  mkdirSync(folder, { recursive: true });
  sh(`truncate -s 32M ${image} && mkfs.ext4 -q ${image} && mount -o loop ${image} ${folder}`);
  writeFileSync(join(folder, 'file'), Buffer.alloc(pages * 4096, 'x'));
  sh(`umount ${folder} && mount -o loop ${image} ${folder}`);
  const buffer = Buffer.alloc(4096);
  for (let turn = 0; turn < 2; turn++) {
    const file = openSync(join(folder, 'file'), 'r');
    while (readSync(file, buffer) > 0);
    closeSync(file);
  }
  sh(`umount ${folder}`);
}

it('cachestat sees a file missed and then found (its original runs on neither kernel)', { timeout }, async () => {
  const { ours } = await beside('cachestat', [], [], async () => readTwice());
  // Others read files, too.
  expect(sum(ours, 'misses')).toBeGreaterThanOrEqual(pages);
  expect(sum(ours, 'misses')).toBeLessThan(8 * pages);
  expect(sum(ours, 'hits')).toBeGreaterThanOrEqual(pages);
});

it('readahead sees what it read of a file used (its original runs on neither kernel)', { timeout }, async () => {
  const { ours } = await beside('readahead', [], [], async () => readTwice());
  const folios = ours.filter(({ map }) => map === 'folios');
  const waited = ours.filter(({ map }) => map === 'usecs');
  expect(sum(folios, 'used')).toBeGreaterThanOrEqual(pages);
  expect(sum(folios, 'read')).toBeGreaterThanOrEqual(sum(folios, 'used'));
  expect(sum(waited, 'count')).toBe(sum(folios, 'used'));
});
