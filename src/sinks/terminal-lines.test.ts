import { describe, expect, it } from 'vitest';
import { harmlessLines } from './terminal-lines.js';

const encoded = (...lines: readonly string[]) => {
  const ends: number[] = [];
  let end = 0;
  for (const line of lines) {
    end += Buffer.byteLength(line);
    ends.push(end);
  }
  return { bytes: Buffer.from(lines.join('')), count: lines.length, ends: Uint32Array.from(ends) };
};

function shown(...lines: readonly string[]) {
  const inner = { preamble: new Uint8Array(), events: () => encoded(...lines), rows: () => [encoded(...lines)] };
  // What is formatted does not matter here, only what comes out.
  const { bytes, count, ends } = [...harmlessLines(inner).rows(Object.create(null))][0] ?? encoded();
  return { text: Buffer.from(bytes).toString(), count, ends: [...ends] };
}

describe('lines for a terminal', () => {
  it('have escapes for what would move the cursor, and ends that fit', () => {
    expect(shown('open,\u001b[2Jx\r\n', 'open,é\r\n')).toEqual({
      text: 'open,\\x1b[2Jx\r\nopen,é\r\n',
      count: 2,
      ends: [15, 24],
    });
  });

  it('keep what is harmless byte for byte', () => {
    expect(shown('{"a":"b"}\n', '"two\nlines"\r\n').text).toBe('{"a":"b"}\n"two\nlines"\r\n');
  });
});
