import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balanced, KeptContext, manifest, NumberedEvents, numbersIn } from '../../test/support/sinks.js';
import { everything } from '../events/selection.js';
import type { LocalFormat } from './local-sink.js';
import { StdoutSink } from './stdout.js';

/** A pipe whose two ends are ours, so that the test decides what the reader does. */
class Pipe {
  readonly #folder = mkdtempSync(join(tmpdir(), 'probepipe-pipe-'));
  readonly reader: number;
  readonly writer: number;
  #open = true;

  constructor() {
    const path = join(this.#folder, 'pipe');
    execFileSync('mkfifo', [path]);
    this.reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writer = openSync(path, constants.O_WRONLY);
    rmSync(this.#folder, { recursive: true });
  }

  /** What can be read now. */
  read(most = Number.POSITIVE_INFINITY): string {
    const chunks: Buffer[] = [];
    let total = 0;
    const buffer = Buffer.alloc(65536);
    try {
      while (total < most) {
        const count = readSync(this.reader, buffer, 0, Math.min(buffer.length, most - total), null);
        if (count === 0) break;
        total += count;
        chunks.push(Buffer.from(buffer.subarray(0, count)));
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
    return Buffer.concat(chunks).toString();
  }

  leave(): void {
    if (this.#open) closeSync(this.reader);
    this.#open = false;
  }

  close(): void {
    this.leave();
    closeSync(this.writer);
  }
}

let pipe: Pipe;
beforeEach(() => {
  pipe = new Pipe();
});
afterEach(() => pipe.close());

async function open(more: { format?: LocalFormat; terminal?: { columns: number; rows: number } } = {}) {
  const context = new KeptContext();
  const sink = new StdoutSink(
    manifest,
    everything,
    { name: 'stdout', fd: pipe.writer, unicode: false, ...more },
    context,
  );
  await sink.open();
  return { sink, context };
}

describe('standard output', () => {
  it('is JSON Lines where it is no terminal and a table where it is one', async () => {
    const plain = await open();
    plain.sink.accept(new NumberedEvents().batch(1));
    expect(pipe.read()).toBe('{"probe":"p","n":0,"path":"/some/path"}\n');
    const terminal = await open({ terminal: { columns: 80, rows: 24 } });
    terminal.sink.accept(new NumberedEvents().batch(1));
    expect(pipe.read()).toBe('      N  PATH\n      0  /some/path\n');
    const csv = await open({ format: 'csv', terminal: { columns: 80, rows: 24 } });
    csv.sink.accept(new NumberedEvents().batch(1));
    expect(pipe.read()).toBe('probe,n,path\r\np,0,/some/path\r\n');
    for (const { sink } of [plain, terminal, csv]) await sink.close(0);
  });

  it('is one JSON array where it is asked for, of nothing as well', async () => {
    const { sink } = await open({ format: 'json' });
    const events = new NumberedEvents();
    for (const count of [2, 1, 3]) sink.accept(events.batch(count));
    await sink.close(0);
    const text = pipe.read();
    expect(JSON.parse(text).map(({ n }: { n: number }) => n)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(text.split('\n')).toHaveLength(9);
    expect(balanced(sink).delivered).toBe(6);
    const none = await open({ format: 'json', terminal: { columns: 80, rows: 24 } });
    await none.sink.close(0);
    expect(JSON.parse(pipe.read())).toEqual([]);
  });

  it('keeps what a reader that pauses has not taken, and loses nothing', async () => {
    const { sink } = await open();
    const events = new NumberedEvents();
    for (let batch = 0; batch < 10; batch++) {
      sink.accept(events.batch(1000));
      balanced(sink);
    }
    // A pipe holds 64 KiB; ten thousand lines are more.
    expect(balanced(sink).waiting).toBeGreaterThan(0);
    let read = pipe.read();
    const closing = sink.close(10_000);
    while (balanced(sink).waiting > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      read += pipe.read();
    }
    await closing;
    read += pipe.read();
    expect(numbersIn(read)).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
    expect(balanced(sink)).toMatchObject({ delivered: 10_000, dropped: {} });
  });

  it('drops, counted, when a reader stays away for too much, and what was begun is finished', async () => {
    const { sink } = await open();
    const events = new NumberedEvents();
    while (balanced(sink).dropped['reader too slow'] === undefined) sink.accept(events.batch(60_000));
    const { offered, dropped } = balanced(sink);
    expect(dropped).toEqual({ 'reader too slow': 60_000 });
    let read = pipe.read();
    while (balanced(sink).waiting > 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      read += pipe.read();
    }
    await sink.close(1000);
    read += pipe.read();
    expect(numbersIn(read)).toEqual(Array.from({ length: offered - 60_000 }, (_, n) => n));
  });

  it('drops what does not get out before the deadline', async () => {
    const { sink } = await open();
    sink.accept(new NumberedEvents().batch(10_000));
    await sink.close(20);
    const ledger = balanced(sink);
    expect([ledger.waiting, ledger.delivered + (ledger.dropped.deadline ?? 0)]).toEqual([0, 10_000]);
    expect(pipe.read().split('\n').length - 1).toBe(ledger.delivered);
  });

  it('ends the run when its reader leaves, once', async () => {
    const { sink, context } = await open();
    const events = new NumberedEvents();
    sink.accept(events.batch(5));
    expect(numbersIn(pipe.read())).toEqual([0, 1, 2, 3, 4]);
    pipe.leave();
    for (let batch = 0; batch < 3; batch++) sink.accept(events.batch(5));
    await sink.close(1000);
    expect(context.stops).toEqual(['the reader of standard output is gone']);
    expect(balanced(sink)).toMatchObject({ delivered: 5, waiting: 0, dropped: { 'reader gone': 15 } });
  });

  it('does not change the pipe for others who hold it, and leaves no descriptor behind', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const { sink } = await open();
    sink.accept(new NumberedEvents().batch(1));
    const flags = /flags:\s*([0-7]+)/.exec(readFileSync(`/proc/self/fdinfo/${pipe.writer}`, 'utf8'))?.[1] ?? '';
    expect(Number.parseInt(flags, 8) & constants.O_NONBLOCK).toBe(0);
    await sink.close(0);
    await sink.close(0);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
