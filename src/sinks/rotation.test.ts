import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balanced, KeptContext, manifest, NumberedEvents, numbersIn } from '../../test/support/sinks.js';
import { everything } from '../events/selection.js';
import { FileSink } from './file.js';
import { nextOldFile, oldFiles, type RotationOptions } from './rotation.js';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probepipe-rotation-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let now = 0;

async function open(rotate: Partial<RotationOptions>, more: { path?: string; format?: 'csv' | 'flamegraph' } = {}) {
  const context = new KeptContext();
  const rotation = { bytes: undefined, ageMs: undefined, keep: 7, compress: 'none', ...rotate } as const;
  const base = { name: 'file', path, append: true, format: 'jsonl', clock: () => now } as const;
  const sink = new FileSink(manifest, everything, { ...base, ...more, rotate: rotation }, context);
  await sink.open();
  return { sink, context };
}

const text = (name: string) => readFileSync(join(folder, name), 'utf8');
const numbersOf = (name: string) => numbersIn(text(name));

describe('rotation', () => {
  it('numbers old files upwards, and takes nothing else for one', () => {
    const names = ['e.1', 'e.10.gz', 'e.2', 'e.02', 'e.0', 'e.3.gz.partial', 'e.3.bak', 'other.9', 'e'];
    expect(oldFiles('/x/e', names).map((old) => old.path)).toEqual(['/x/e.1', '/x/e.2', '/x/e.10.gz']);
    expect(nextOldFile('/x/e', names)).toBe('/x/e.11');
    expect(nextOldFile('/x/e', [])).toBe('/x/e.1');
  });

  it('begins anew by size, with every event in one file and the oldest files removed', async () => {
    const { sink } = await open({ bytes: 1, keep: 2 });
    const events = new NumberedEvents();
    for (let batch = 0; batch < 5; batch++) sink.accept(events.batch(2));
    expect(balanced(sink)).toMatchObject({ offered: 10, delivered: 10 });
    await sink.close(1000);
    expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'events.jsonl.3', 'events.jsonl.4']);
    expect([numbersOf('events.jsonl.3'), numbersOf('events.jsonl.4'), numbersOf('events.jsonl')]).toEqual([
      [4, 5],
      [6, 7],
      [8, 9],
    ]);
  });

  it('begins anew by the age that a clock tells which does not step, never with an empty file', async () => {
    now = 5;
    const { sink } = await open({ ageMs: 1000 });
    const events = new NumberedEvents();
    now += 5000;
    sink.accept(events.batch(1));
    sink.accept(events.batch(1));
    await sink.close(1000);
    expect([numbersOf('events.jsonl.1'), numbersOf('events.jsonl')]).toEqual([[0], [1]]);
  });

  it('compresses old files, also those that an earlier run left, and keeps who may read them', async () => {
    writeFileSync(`${path}.4`, '{"n":"left"}\n');
    const { sink, context } = await open({ bytes: 1, compress: 'gzip' });
    chmodSync(path, 0o600);
    const events = new NumberedEvents();
    sink.accept(events.batch(3));
    sink.accept(events.batch(1));
    await sink.close(5000);
    expect(context.warnings).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'events.jsonl.4.gz', 'events.jsonl.5.gz']);
    const old = (number: number) => gunzipSync(readFileSync(`${path}.${number}.gz`)).toString();
    expect([old(4), numbersIn(old(5)), numbersOf('events.jsonl')]).toEqual(['{"n":"left"}\n', [0, 1, 2], [3]]);
    expect([statSync(path).mode & 0o777, statSync(`${path}.5.gz`).mode & 0o777]).toEqual([0o600, 0o600]);
  });

  it('gives each file of CSV its header', async () => {
    const { sink } = await open({ bytes: 40 }, { format: 'csv' });
    const events = new NumberedEvents('/long enough for a file of its own');
    for (let batch = 0; batch < 2; batch++) sink.accept(events.batch(1));
    await sink.close(1000);
    for (const name of ['events.jsonl.1', 'events.jsonl']) expect(text(name)).toMatch(/^probe,n,path\r\np,\d,/);
  });

  it('is no answer to what others get, and leaves a file alone that has nothing but a header', async () => {
    const events = new NumberedEvents();
    const { sink } = await open({ bytes: 1 });
    sink.accept(events.batch(1));
    sink.accept(events.batch(0));
    await sink.close(1000);
    expect(readdirSync(folder)).toEqual(['events.jsonl']);
    const other = { path: join(folder, 'other.csv'), format: 'csv' } as const;
    writeFileSync(other.path, 'probe,n,path\r\n');
    now = 0;
    const aged = await open({ ageMs: 1000 }, other);
    now += 5000;
    aged.sink.accept(events.batch(1));
    await aged.sink.close(1000);
    expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'other.csv']);
    expect(text('other.csv')).toMatch(/^probe,n,path\r\np,1,/);
  });

  it('rotates beside the file that a link leads to', async () => {
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real', 'log'), path);
    const { sink } = await open({ bytes: 1 });
    const events = new NumberedEvents();
    for (let batch = 0; batch < 2; batch++) sink.accept(events.batch(1));
    await sink.close(1000);
    expect(readdirSync(join(folder, 'real')).sort()).toEqual(['log', 'log.1']);
    expect(numbersOf('events.jsonl')).toEqual([1]);
  });

  it('goes on in the same file where it cannot rotate, says so once, and loses nothing', async () => {
    const { sink, context } = await open({ bytes: 1 });
    const events = new NumberedEvents();
    sink.accept(events.batch(1));
    rmSync(path);
    mkdirSync(path);
    for (let batch = 0; batch < 3; batch++) sink.accept(events.batch(1));
    expect(balanced(sink)).toMatchObject({ offered: 4, delivered: 4, dropped: {} });
    expect(context.warnings).toEqual([
      expect.stringMatching(/^cannot rotate ".*events\.jsonl": .*; no event is lost by it$/),
    ]);
    rmSync(path, { recursive: true });
    now += 1000;
    sink.accept(events.batch(1));
    await sink.close(1000);
    expect(numbersOf('events.jsonl')).toEqual([4]);
    expect(existsSync(`${path}.1`)).toBe(false);
  });

  it('refuses what cannot be rotated, at its option', async () => {
    await expect(open({ bytes: 1 }, { path: '/dev/null' })).rejects.toMatchObject({
      message: '"/dev/null" is no regular file and cannot be rotated',
      option: 'rotate',
    });
    await expect(open({ bytes: 1 }, { format: 'flamegraph' })).rejects.toMatchObject({ option: 'rotate' });
  });
});
