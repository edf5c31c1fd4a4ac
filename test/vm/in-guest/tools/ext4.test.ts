/** pipelines/ext4slower.yaml and fsslower.yaml beside libbpf-tools': the same operations on a file of an ext4 of the test's own. */
import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { beside, timeout } from './beside.js';

const folder = '/run/guest/ext4';
const operations = { writes: 20, written: 8192, reads: 40, read: 4096 };

function mounted(): string {
  const image = '/run/guest/ext4.img';
  mkdirSync(folder, { recursive: true });
  const steps = `truncate -s 64M ${image} && mkfs.ext4 -q ${image} && mount -o loop ${image} ${folder}`;
  execFileSync('sh', ['-c', `mountpoint -q ${folder} || { ${steps}; }`], { stdio: 'pipe' });
  return folder;
}

/** Opens a file, writes and syncs it, opens it again and reads it. */
async function load(path: string): Promise<void> {
  const out = openSync(path, 'w');
  for (let write = 0; write < operations.writes; write++) writeSync(out, Buffer.alloc(operations.written, 'x'));
  fsyncSync(out);
  closeSync(out);
  const file = openSync(path, 'r');
  for (let read = 0; read < operations.reads; read++) readSync(file, Buffer.alloc(operations.read));
  closeSync(file);
  // The original reads its buffer in its own time, and what is there when it ends is lost.
  await sleep(3000);
}

/** Of one file, as the original writes its lines: TIME COMM PID T BYTES OFF_KB LAT(ms) FILENAME. A name of a task may have spaces. */
const shownOf = (lines: readonly (readonly string[])[], name: string) =>
  lines
    .filter((line) => line.at(-1) === name)
    .map((line) => ({ type: line.at(-5), bytes: Number(line.at(-4)), offset: Number(line.at(-3)) }));

const letters: readonly (readonly [RegExp, string])[] = [
  [/read/, 'R'],
  [/write/, 'W'],
  [/open/, 'O'],
  [/sync/, 'F'],
];
const letterOf = ({ operation }: Readonly<Record<string, unknown>>): string =>
  letters.find(([pattern]) => pattern.test(String(operation)))?.[1] ?? `${operation}`;

const expected = ['O', ...Array(operations.writes).fill('W'), 'F', 'O', ...Array(operations.reads).fill('R')];

it('ext4slower tells what the original tells', { timeout }, async () => {
  const path = `${mounted()}/slower`;
  const { ours, theirs } = await beside('ext4slower', ['min=0ms'], [{ options: ['-m', '0'], ready: 8 }], () =>
    load(path),
  );
  const mine = ours.filter(({ file }) => file === 'slower');
  const shown = shownOf(theirs[0] ?? [], 'slower');
  expect(mine.map(letterOf)).toEqual(expected);
  expect(shown.map(({ type }) => type)).toEqual(expected);
  const transfers = mine.filter((event) => /[RW]/.test(letterOf(event)));
  expect(transfers.map(({ bytes, offset }) => [Number(bytes), Math.floor(Number(offset) / 1024)])).toEqual(
    shown.filter(({ type }) => /[RW]/.test(type ?? '')).map(({ bytes, offset }) => [bytes, offset]),
  );
});

it('fsslower tells of ext4 what the original tells', { timeout }, async () => {
  const path = `${mounted()}/fs`;
  const originals = [{ options: ['-t', 'ext4', '-m', '0'], ready: 8 }];
  const { ours, theirs } = await beside('fsslower', ['min=0ms', 'type=ext4'], originals, () => load(path));
  const mine = ours.filter(({ file }) => file === 'fs');
  expect(mine.map(letterOf)).toEqual(expected);
  expect(shownOf(theirs[0] ?? [], 'fs').map(({ type }) => type)).toEqual(expected);
  expect(new Set(mine.map(({ filesystem }) => filesystem))).toEqual(new Set(['ext4']));
});
