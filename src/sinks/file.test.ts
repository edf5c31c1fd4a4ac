import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balanced, KeptContext, manifest, NumberedEvents, numbersIn } from '../../test/support/sinks.js';
import { everything } from '../events/selection.js';
import { FileSink } from './file.js';
import { StdoutSink } from './stdout.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probepipe-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function open(path: string, more: { append?: boolean; format?: 'jsonl' | 'csv' } = {}) {
  const context = new KeptContext();
  const options = { name: 'file', path, append: true, format: 'jsonl', ...more } as const;
  const sink = new FileSink(manifest, everything, options, context);
  await sink.open();
  return { sink, context };
}

describe('a file sink', () => {
  it('writes every event as a line, and appends in the next run', async () => {
    const path = join(folder, 'events.jsonl');
    const events = new NumberedEvents();
    for (let run = 0; run < 2; run++) {
      const { sink } = await open(path);
      sink.accept(events.batch(1000));
      sink.accept(events.batch(1));
      expect(balanced(sink)).toMatchObject({ offered: 1001, delivered: 1001, waiting: 0 });
      await sink.close(1000);
      await sink.close(1000);
    }
    expect(numbersIn(readFileSync(path, 'utf8'))).toEqual(Array.from({ length: 2002 }, (_, n) => n));
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it('begins anew where it does not append', async () => {
    const path = join(folder, 'events.jsonl');
    writeFileSync(path, 'old\n');
    const { sink } = await open(path, { append: false });
    sink.accept(new NumberedEvents().batch(2));
    await sink.close(1000);
    expect(numbersIn(readFileSync(path, 'utf8'))).toEqual([0, 1]);
  });

  it('goes on in what stands at its path when it is told to, without losing or cutting an event', async () => {
    const path = join(folder, 'events.csv');
    const { sink, context } = await open(path, { format: 'csv' });
    const events = new NumberedEvents();
    sink.accept(events.batch(2));
    renameSync(path, `${path}.1`);
    sink.accept(events.batch(1));
    sink.reopen();
    sink.accept(events.batch(2));
    await sink.close(1000);
    const rows = (file: string) =>
      readFileSync(file, 'utf8')
        .split('\r\n')
        .map((line) => line.split(',')[1]);
    expect(rows(`${path}.1`)).toEqual(['n', '0', '1', '2', undefined]);
    expect(rows(path)).toEqual(['n', '3', '4', undefined]);
    expect(balanced(sink)).toMatchObject({ delivered: 5, dropped: {} });
    expect(context.warnings).toEqual([]);
  });

  it('begins a file for each day, and goes on in the old one where the new one cannot be opened', async () => {
    let day = '2026-01-31';
    let now = 0;
    const context = new KeptContext();
    const path = join(folder, '{date}', 'events.jsonl');
    const rotate = { bytes: 1e9, ageMs: undefined, keep: 1, compress: 'none' } as const;
    const options = { name: 'file', path, append: true, format: 'jsonl', rotate } as const;
    mkdirSync(join(folder, day));
    const sink = new FileSink(manifest, everything, { ...options, today: () => day, clock: () => now }, context);
    await sink.open();
    const events = new NumberedEvents();
    sink.accept(events.batch(2));
    day = '2026-02-01';
    sink.accept(events.batch(1));
    mkdirSync(join(folder, day));
    sink.accept(events.batch(1));
    // It is tried again a second later.
    now += 1000;
    sink.accept(events.batch(2));
    await sink.close(1000);
    const numbers = (of: string) => numbersIn(readFileSync(join(folder, of, 'events.jsonl'), 'utf8'));
    expect([numbers('2026-01-31'), numbers(day)]).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
    expect(balanced(sink)).toMatchObject({ delivered: 6, dropped: {} });
    const file = (of: string) => join(folder, of, 'events.jsonl');
    expect(context.warnings).toEqual([
      `cannot open "${file(day)}" for writing: no such folder; it goes on in "${file('2026-01-31')}"`,
    ]);
  });

  it('goes on in the old file, and says so, where the path cannot be opened any more', async () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    const { sink, context } = await open(join(inner, 'events.jsonl'));
    renameSync(inner, join(folder, 'moved'));
    sink.reopen();
    sink.accept(new NumberedEvents().batch(2));
    await sink.close(1000);
    expect(numbersIn(readFileSync(join(folder, 'moved', 'events.jsonl'), 'utf8'))).toEqual([0, 1]);
    expect(context.warnings).toEqual([
      `cannot open "${join(inner, 'events.jsonl')}" for writing: no such folder; it goes on in the old one`,
    ]);
  });

  it('has a CSV header once', async () => {
    const path = join(folder, 'events.csv');
    const events = new NumberedEvents('/a,b');
    for (let run = 0; run < 2; run++) {
      const { sink } = await open(path, { format: 'csv' });
      sink.accept(events.batch(1));
      await sink.close(1000);
    }
    expect(readFileSync(path, 'utf8')).toBe('probe,n,path\r\np,0,"/a,b"\r\np,1,"/a,b"\r\n');
  });

  it('does not lengthen a line that another writer left unfinished', async () => {
    const path = join(folder, 'events.jsonl');
    writeFileSync(path, '{"half":');
    const { sink } = await open(path);
    sink.accept(new NumberedEvents().batch(1));
    await sink.close(1000);
    expect(readFileSync(path, 'utf8').split('\n')[0]).toBe('{"half":');
    expect(numbersIn(readFileSync(path, 'utf8').split('\n').slice(1).join('\n'))).toEqual([0]);
  });

  it('says why it cannot be opened', async () => {
    await expect(open(join(folder, 'missing', 'events.jsonl'))).rejects.toMatchObject({
      diagnostic: {
        code: 'sink-config',
        message: `cannot open "${join(folder, 'missing', 'events.jsonl')}" for writing: no such folder`,
      },
    });
    await expect(open(folder)).rejects.toMatchObject({ diagnostic: { code: 'sink-config' } });
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    await expect(open(fifo)).rejects.toThrow('nothing reads from it');
  });

  it('drops what comes after it was closed, counted', async () => {
    const { sink } = await open(join(folder, 'events.jsonl'));
    await sink.close(0);
    sink.accept(new NumberedEvents().batch(3));
    expect(balanced(sink)).toMatchObject({ offered: 3, dropped: { closed: 3 } });
  });

  it('counts every event of a device that never has room', async () => {
    const { sink, context } = await open('/dev/full');
    for (let batch = 0; batch < 3; batch++) {
      sink.accept(new NumberedEvents().batch(10));
      balanced(sink);
    }
    await sink.close(0);
    expect(balanced(sink)).toMatchObject({ delivered: 0, waiting: 0, dropped: { 'write failed (ENOSPC)': 30 } });
    expect(context.warnings).toEqual([
      'cannot write to "/dev/full": no space left on the device; events are dropped and counted until it works again',
    ]);
  });
});

const canMount = (() => {
  try {
    const probe = mkdtempSync(join(tmpdir(), 'probepipe-mount-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    rmSync(probe, { recursive: true });
    return true;
  } catch {
    console.warn('skipped: full-disk tests need to mount a tmpfs (root)');
    return false;
  }
})();

describe.skipIf(!canMount)('a full disk', () => {
  const bytes = 64 * 1024;
  beforeEach(() => void execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'none', folder]));
  afterEach(() => void execFileSync('umount', ['-l', folder]));

  it('is survived: said once, counted exactly, and gone on with when there is room', async () => {
    const path = join(folder, 'events.jsonl');
    const filler = join(folder, 'filler');
    writeFileSync(filler, new Uint8Array(40 * 1024));
    const { sink, context } = await open(path);
    const events = new NumberedEvents();
    // 24 KiB are left; each batch is of some 4 KiB.
    for (let batch = 0; batch < 12; batch++) {
      sink.accept(events.batch(97));
      expect(numbersIn(readFileSync(path, 'utf8')).length).toBe(balanced(sink).delivered);
    }
    const full = balanced(sink);
    expect(full.dropped['write failed (ENOSPC)']).toBeGreaterThan(0);
    unlinkSync(filler);
    for (let batch = 0; batch < 3; batch++) sink.accept(events.batch(97));
    const after = balanced(sink);
    expect(after).toMatchObject({ delivered: full.delivered + 291, waiting: 0, dropped: full.dropped });
    await sink.close(1000);
    const numbers = numbersIn(readFileSync(path, 'utf8'));
    expect(numbers).toEqual([
      ...Array.from({ length: full.delivered }, (_, n) => n),
      ...Array.from({ length: 291 }, (_, n) => 12 * 97 + n),
    ]);
    expect(context.warnings).toEqual([
      `cannot write to "${path}": no space left on the device; events are dropped and counted until it works again`,
      `writing to "${path}" works again`,
    ]);
  });

  it('gets the header into a file that had no room for it at first', async () => {
    const filler = join(folder, 'filler');
    try {
      writeFileSync(filler, new Uint8Array(bytes));
    } catch {
      // As full as it gets.
    }
    const path = join(folder, 'events.csv');
    const { sink } = await open(path, { format: 'csv' });
    const events = new NumberedEvents();
    sink.accept(events.batch(2));
    expect(balanced(sink)).toMatchObject({ delivered: 0, dropped: { 'write failed (ENOSPC)': 2 } });
    unlinkSync(filler);
    sink.accept(events.batch(1));
    await sink.close(1000);
    expect(readFileSync(path, 'utf8')).toBe('probe,n,path\r\np,2,/some/path\r\n');
  });

  it('does not cut back what another writer put behind', async () => {
    const path = join(folder, 'events.jsonl');
    const filler = join(folder, 'filler');
    writeFileSync(filler, new Uint8Array(40 * 1024));
    const { sink } = await open(path);
    appendFileSync(path, '{"probe":"other","n":-1}\n');
    const events = new NumberedEvents();
    for (let batch = 0; batch < 8; batch++) sink.accept(events.batch(97));
    const full = balanced(sink);
    unlinkSync(filler);
    sink.accept(events.batch(97));
    await sink.close(1000);
    const numbers = numbersIn(readFileSync(path, 'utf8'));
    expect(numbers.length).toBe(balanced(sink).delivered + 1);
    expect(numbers[0]).toBe(-1);
    expect(full.waiting).toBeLessThanOrEqual(1);
  });

  it('never leaves half a line behind another on standard output that is a file', async () => {
    const path = join(folder, 'out.jsonl');
    const filler = join(folder, 'filler');
    writeFileSync(filler, new Uint8Array(40 * 1024));
    const fd = openSync(path, 'w');
    const context = new KeptContext();
    const sink = new StdoutSink(manifest, everything, { name: 'stdout', fd, unicode: false }, context);
    await sink.open();
    const events = new NumberedEvents();
    for (let batch = 0; batch < 8; batch++) {
      sink.accept(events.batch(97));
      balanced(sink);
    }
    const full = balanced(sink);
    expect(full.dropped['write failed (ENOSPC)']).toBeGreaterThan(0);
    unlinkSync(filler);
    sink.accept(events.batch(97));
    await sink.close(1000);
    closeSync(fd);
    const numbers = numbersIn(readFileSync(path, 'utf8'));
    expect(numbers.length).toBe(balanced(sink).delivered);
    expect(numbers.slice(-97)).toEqual(Array.from({ length: 97 }, (_, n) => 8 * 97 + n));
    expect(context.stops).toEqual([]);
  });
});
