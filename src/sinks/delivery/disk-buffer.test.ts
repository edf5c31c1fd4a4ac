import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EncodedEvents } from '../../events/encoding.js';
import type { SinkError } from '../sink-error.js';
import { type Batch, itemsOf } from './batch.js';
import { DiskBuffer, type DiskBufferOptions } from './disk-buffer.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probepipe-buffer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Items of 8 bytes that are numbers. */
function numbers(from: number, count: number): EncodedEvents {
  const bytes = Buffer.from(Array.from({ length: count }, (_, n) => `${String(from + n).padStart(7, '0')}\n`).join(''));
  return { bytes, count, ends: Uint32Array.from({ length: count }, (_, n) => (n + 1) * 8) };
}

const numbersOf = (batch: Batch) => [...itemsOf(batch)].map((item) => Number(Buffer.from(item).toString()));
const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);
const all = { maxEvents: 1e6, maxBytes: 1e9 };

class Opened {
  readonly dropped: Record<string, number> = {};
  readonly warnings: string[] = [];
  replayed = 0;

  constructor(readonly buffer: DiskBuffer) {}

  static async of(more: Partial<DiskBufferOptions> = {}): Promise<Opened> {
    const opened = new Opened(new DiskBuffer({ name: 'x', folder, maxBytes: 1e6, whenFull: 'drop_newest', ...more }));
    opened.replayed = await opened.buffer.open({
      dropped: (cause, count) => {
        opened.dropped[cause] = (opened.dropped[cause] ?? 0) + count;
      },
      changed: () => {},
      warn: (_, message) => opened.warnings.push(message),
    });
    return opened;
  }

  async add(from: number, count: number): Promise<void> {
    this.buffer.add(numbers(from, count));
    while (!this.buffer.settled) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  async readAll(): Promise<number[]> {
    return numbersOf(await this.buffer.read(all));
  }
}

const segments = () => readdirSync(folder).filter((name) => name.endsWith('.events'));

describe('a disk buffer', () => {
  it('gives what was added, in order, and is empty when all is done', async () => {
    const { buffer } = await Opened.of();
    for (let at = 0; at < 100; at += 10) buffer.add(numbers(at, 10));
    while (!buffer.settled) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(buffer.unread.count).toBe(100);
    const first = await buffer.read({ maxEvents: 33, maxBytes: 1e9 });
    const second = await buffer.read({ maxEvents: 1e6, maxBytes: 100 });
    const rest = await buffer.read(all);
    expect([numbersOf(first), numbersOf(second), numbersOf(rest)]).toEqual([upTo(0, 33), upTo(33, 45), upTo(45, 100)]);
    for (const batch of [rest, first, second]) buffer.done(batch);
    await buffer.close();
    expect(segments()).toEqual([]);
    expect(readFileSync(join(folder, 'acknowledged'), 'utf8')).toBe('100\n');
  });

  it('begins with what an earlier run had not delivered', async () => {
    const earlier = await Opened.of();
    await earlier.add(0, 50);
    const first = await earlier.buffer.read({ maxEvents: 20, maxBytes: 1e9 });
    const second = await earlier.buffer.read({ maxEvents: 20, maxBytes: 1e9 });
    expect(numbersOf(second)).toEqual(upTo(20, 40));
    // In the other order: the first is still under way when the run ends.
    earlier.buffer.done(second);
    await earlier.buffer.close();
    const next = await Opened.of();
    expect(next.replayed).toBe(50);
    await next.add(50, 5);
    expect(await next.readAll()).toEqual(upTo(0, 55));
    expect(first.count).toBe(20);
    await next.buffer.close();
  });

  it('is of one kind of items at a time', async () => {
    const first = await Opened.of({ form: 'lines' });
    await first.add(0, 3);
    await first.buffer.close();
    await expect(Opened.of({ form: 'samples' })).rejects.toThrow(
      `sink "x": in the buffer "${folder}" wait lines of a template of an earlier run, and this sink sends samples of remote write`,
    );
    // Nothing was lost by it.
    const second = await Opened.of({ form: 'lines' });
    expect(second.replayed).toBe(3);
    const batch = await second.buffer.read(all);
    expect(numbersOf(batch)).toEqual([0, 1, 2]);
    second.buffer.done(batch);
    await second.buffer.close();
    const other = await Opened.of({ form: 'samples' });
    expect(other.replayed).toBe(0);
    await other.buffer.close();
  });

  it('is of one run at a time', async () => {
    const holder = await Opened.of();
    await expect(Opened.of()).rejects.toThrow(`sink "x": the buffer "${folder}" is in use by process ${process.pid}`);
    await holder.buffer.close();
    await (await Opened.of()).buffer.close();
  });

  it('is refused where no folder can be', async () => {
    const { diagnostic, option } = await Opened.of({ folder: '/proc/nope' }).then(
      () => expect.fail('it was opened'),
      (error: SinkError) => error,
    );
    expect(diagnostic.message).toBe('sink "x": the buffer "/proc/nope" cannot be used: no such folder');
    expect(option).toBe('buffer.disk');
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    await expect(Opened.of({ folder: file })).rejects.toThrow(`sink "x": the buffer "${file}" is no folder`);
  });

  it('cuts a tail that was not written whole, and says so', async () => {
    const earlier = await Opened.of();
    await earlier.add(0, 10);
    await earlier.add(10, 10);
    await earlier.buffer.close();
    const [name = ''] = segments();
    const path = join(folder, name);
    truncateSync(path, readFileSync(path).length - 3);
    const next = await Opened.of();
    expect(next.warnings).toEqual([
      expect.stringContaining('was cut at its last whole record, 129 bytes before the end'),
    ]);
    expect(next.replayed).toBe(10);
    await next.add(20, 2);
    expect(await next.readAll()).toEqual([...upTo(0, 10), 20, 21]);
    await next.buffer.close();
  });

  it('counts what is damaged within the sequence', async () => {
    const earlier = await Opened.of({ maxBytes: 64 * 1024 });
    for (let at = 0; at < 1200; at += 100) await earlier.add(at, 100);
    await earlier.buffer.close();
    const [name = '', second = ''] = segments();
    const bytes = readFileSync(join(folder, name));
    bytes.writeUInt8(bytes.readUInt8(2000) ^ 1, 2000);
    writeFileSync(join(folder, name), bytes);
    const inFirst = Number(second.slice(0, 16));
    const next = await Opened.of();
    // The frame of the events from 100 on is damaged, and with it all that comes after it in its file.
    expect(next.dropped).toEqual({ 'buffer corrupt': inFirst - 100 });
    expect(next.replayed).toBe(1200);
    expect(await next.readAll()).toEqual([...upTo(0, 100), ...upTo(inFirst, 1200)]);
    await next.buffer.close();
  });

  it('drops the newest past its bound', async () => {
    const opened = await Opened.of({ maxBytes: 1000 });
    await opened.add(0, 50);
    await opened.add(50, 50);
    const kept = await opened.readAll();
    expect(kept).toEqual(upTo(0, kept.length));
    expect(kept.length).toBeGreaterThan(70);
    expect(opened.dropped).toEqual({ 'buffer full': 100 - kept.length });
    await opened.buffer.close();
  });

  it('drops the oldest past its bound, but nothing that is under way', async () => {
    const opened = await Opened.of({ maxBytes: 64 * 1024, whenFull: 'drop_oldest' });
    await opened.add(0, 100);
    const underWay = await opened.buffer.read({ maxEvents: 10, maxBytes: 1e9 });
    for (let at = 100; at < 20_000; at += 100) await opened.add(at, 100);
    const dropped = opened.dropped['buffer full'] ?? 0;
    const kept = await opened.readAll();
    expect(kept).toEqual(upTo(20_000 - kept.length, 20_000));
    expect(kept.length + dropped + underWay.count).toBe(20_000);
    expect(kept.length).toBeGreaterThan(4000);
    expect(segments().reduce((sum, name) => sum + readFileSync(join(folder, name)).length, 0)).toBeLessThan(72 * 1024);
    opened.buffer.done(underWay);
    await opened.buffer.close();
    const next = await Opened.of();
    expect(next.replayed).toBe(kept.length);
    expect(await next.readAll()).toEqual(kept);
    await next.buffer.close();
  });

  it('takes all where it blocks, and says when it is full', async () => {
    const opened = await Opened.of({ maxBytes: 1000, whenFull: 'block' });
    await opened.add(0, 50);
    expect(opened.buffer.full).toBe(false);
    await opened.add(50, 100);
    expect(opened.buffer.full).toBe(true);
    const batch = await opened.buffer.read(all);
    expect(numbersOf(batch)).toEqual(upTo(0, 150));
    expect(opened.dropped).toEqual({});
    await opened.buffer.close();
  });
});
