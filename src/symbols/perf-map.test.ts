import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openFile } from '../open-file.js';
import { PerfMap } from './perf-map.js';

const folder = mkdtempSync(join(tmpdir(), 'probepipe-perf-map-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'perf.map');

function perfMap(text: string | Uint8Array): PerfMap {
  writeFileSync(path, text);
  const file = openFile(path);
  if (file === undefined) throw new Error('no file');
  return new PerfMap(file);
}

describe('PerfMap', () => {
  it('reads names with spaces, and numbers with 0x', () => {
    const map = perfMap('1000 10 JS:*work /a b.js:1:2\n0x2000 0x20 plain\n');
    expect(map.find(0x100f)).toEqual({ name: 'JS:*work /a b.js:1:2', start: 0x1000 });
    expect(map.find(0x1010)).toBeUndefined();
    expect(map.find(0x201f)).toEqual({ name: 'plain', start: 0x2000 });
  });

  it('reads on as the file grows, and leaves a half written line for later', () => {
    const map = perfMap('1000 10 first\n2000 10 sec');
    expect(map.find(0x1000)?.name).toBe('first');
    expect(map.find(0x2000)).toBeUndefined();
    appendFileSync(path, 'ond\n');
    expect(map.find(0x2000)?.name).toBe('second');
    for (let at = 0; at < 30; at++) {
      appendFileSync(path, `${(0x3000 + at * 16).toString(16)} 10 later${at}\n`);
      expect(map.find(0x3000 + at * 16)?.name).toBe(`later${at}`);
    }
    expect(map.find(0x2000)?.name).toBe('second');
  });

  it('takes the later line where code was put in the place of other code', () => {
    const map = perfMap('1000 10 old\n1000 10 new\n');
    expect(map.find(0x1005)?.name).toBe('new');
    appendFileSync(path, 'ff8 10 newest\n');
    expect(map.find(0x1005)?.name).toBe('newest');
    expect(map.find(0x1009)?.name).toBe('new');
  });

  it('begins anew where the file does', () => {
    const map = perfMap('1000 10 first\n2000 10 second\n');
    expect(map.find(0x1000)?.name).toBe('first');
    writeFileSync(path, '5000 10 other\n');
    expect(map.find(0x1000)).toBeUndefined();
    expect(map.find(0x5000)?.name).toBe('other');
  });

  it('neither throws nor hangs, whatever the file holds', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constant('1000 10 x'),
      fc.stringMatching(/^[0-9a-f]{1,20} [0-9a-f]{1,18} \w*$/),
    );
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), (lines, ended) => {
        const map = perfMap(lines.join('\n') + (ended ? '\n' : ''));
        expect(typeof (map.find(0x1005)?.name ?? '')).toBe('string');
        map.close();
      }),
      { numRuns: 200 },
    );
    const long = perfMap(Buffer.alloc(3_000_000, 0x61));
    expect(long.find(0x1000)).toBeUndefined();
    appendFileSync(path, '\n1000 10 after\n');
    expect(long.find(0x1000)?.name).toBe('after');
  });
});
