import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mappingAt, parseMaps } from './process-maps.js';

describe('parseMaps', () => {
  it('reads paths with spaces, newlines and deletions', () => {
    const [plain, deleted, heap, anonymous] = parseMaps(
      [
        '00400000-00401000 r-xp 00001000 fd:01 18446744073709551615       /opt/a b\\012c',
        '7f0000000000-7f0000001000 rw-s 00000000 00:2d 12 /tmp/x (deleted)',
        '7f0000002000-7f0000003000 rw-p 00000000 00:00 0                  [heap]',
        '7f0000004000-7f0000005000 r-xp 00000000 00:00 0 ',
      ].join('\n'),
    );
    expect(plain).toEqual({
      start: 0x400000,
      end: 0x401000,
      fileOffset: 0x1000,
      executable: true,
      device: 'fd:01',
      inode: 18446744073709551615n,
      path: '/opt/a b\nc',
      deleted: false,
    });
    expect(deleted).toMatchObject({ path: '/tmp/x', deleted: true, executable: false });
    expect(heap).toMatchObject({ path: '[heap]', inode: 0n });
    expect(anonymous).toMatchObject({ path: '', executable: true });
  });

  it('reads every line of this process', () => {
    const text = readFileSync('/proc/self/maps', 'utf8').replace(/^.*\[vsyscall\]\n/m, '');
    const mappings = parseMaps(text);
    expect(mappings).toHaveLength(text.split('\n').length - 1);
    for (const mapping of mappings) {
      expect(mappingAt(mappings, mapping.start)).toBe(mapping);
      expect(mappingAt(mappings, mapping.end - 1)).toBe(mapping);
    }
    expect(mappingAt(mappings, 0)).toBeUndefined();
    expect(mappingAt(mappings, Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  it('leaves out what is no mapping', () => {
    fc.assert(fc.property(fc.string(), (text) => parseMaps(text).length <= 1));
  });
});
