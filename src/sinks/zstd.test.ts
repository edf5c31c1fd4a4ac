import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { open, serve, taken, takesAll, upTo } from '../../test/support/http-sink.js';
import { balanced, NumberedEvents } from '../../test/support/sinks.js';
import { tidy } from './rotation.js';
import { loadZstd } from './zstd.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probepipe-zstd-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const unpacked = (path: string): Buffer => execFileSync('zstd', ['-dc', path], { maxBuffer: 64 * 1024 * 1024 });

describe('zstd', () => {
  it('compresses old files into what zstd -d reads, also those of several frames, and leaves none behind', async () => {
    const path = join(folder, 'events.jsonl');
    const contents = ['a line\n'.repeat(1_500_000), 'another\n'];
    contents.forEach((text, index) => {
      writeFileSync(`${path}.${index + 1}`, text, { mode: 0o600 });
    });
    await tidy(path, { bytes: 1, ageMs: undefined, keep: 7, compress: 'zstd' }, new AbortController().signal);
    expect(readdirSync(folder).sort()).toEqual(['events.jsonl.1.zst', 'events.jsonl.2.zst']);
    expect(unpacked(`${path}.1.zst`).toString() === contents[0]).toBe(true);
    expect(unpacked(`${path}.2.zst`).toString()).toBe(contents[1]);
    expect(statSync(`${path}.1.zst`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${path}.1.zst`).length).toBeLessThan(10_000);
  });

  it('compresses the bodies of requests', async () => {
    const server = await serve(takesAll);
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { compression: 'zstd' });
    sink.accept(new NumberedEvents().batch(250));
    await sink.close(5000);
    expect(taken(server)).toEqual(upTo(250));
    expect(server.requests[0]?.headers['content-encoding']).toBe('zstd');
    expect(balanced(sink)).toMatchObject({ delivered: 250, dropped: {} });
  });

  it('says so where it is not built', () => {
    expect(() => loadZstd('compression', '/no/such.node')).toThrow(
      'zstd is not there: its part of the native addon is not built',
    );
  });
});
