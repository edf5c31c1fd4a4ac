import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AccountNames } from './account-names.js';
import { userFunctions } from './functions.js';
import { errnoName, signalName } from './system-names.js';

function call(name: string, value: number | bigint) {
  return userFunctions.get(name)?.call(value);
}

describe('user-stage functions', () => {
  it.each([
    [0, null],
    [-3, null],
    [1, 'EPERM'],
    [2, 'ENOENT'],
    [11, 'EAGAIN'],
    [95, 'EOPNOTSUPP'],
    [110, 'ETIMEDOUT'],
    [121, 'EREMOTEIO'],
    [512, 'ERESTARTSYS'],
    [999, '999'],
  ])('errno(%i) is %s', (number, name) => {
    expect(errnoName(number)).toBe(name);
    expect(call('errno', BigInt(number))).toBe(name);
  });

  it('has a name for every error number that asm-generic has', () => {
    const gaps: number[] = [];
    for (let errno = 1; errno <= 133; errno++) if (/^\d+$/.test(errnoName(errno) ?? '')) gaps.push(errno);
    // include/uapi/asm-generic/errno.h: 41 and 58 are EWOULDBLOCK's and EDEADLOCK's old places.
    expect(gaps).toEqual([41, 58]);
  });

  it.each([
    [0, null],
    [6, 'SIGABRT'],
    [9, 'SIGKILL'],
    [17, 'SIGCHLD'],
    [29, 'SIGIO'],
    [34, 'SIGRTMIN+0'],
    [64, 'SIGRTMIN+30'],
    [99, '99'],
  ])('signal(%i) is %s', (number, name) => {
    expect(signalName(number)).toBe(name);
  });

  it.each([
    ['GET /a?b HTTP/1.1\r\n', ' ', 0, 'GET'],
    ['GET /a?b HTTP/1.1\r\n', ' ', 1, '/a?b'],
    ['GET /a?b', ' ', 2, ''],
    ['', ' ', 0, ''],
    ['a::b:c', '::', 1, 'b:c'],
  ])('split(%j, %j, %i) is %j', (text, separator, index, part) => {
    expect(userFunctions.get('splitText')?.call(text, separator, index)).toBe(part);
    expect(userFunctions.get('splitBytes')?.call(Buffer.from(text), separator, index)).toBe(part);
  });

  it('hex() has no sign', () => {
    expect(call('hex', 255)).toBe('0xff');
    expect(call('hex', -1)).toBe('0xffffffffffffffff');
    expect(call('hex', 0xffffffff81000000n)).toBe('0xffffffff81000000');
  });

  it('user(), group() and syscall() fall back to the number', () => {
    expect(call('user', 0)).toBe('root');
    expect(call('group', 0)).toBe('root');
    expect(call('user', 3_999_999_999)).toBe('3999999999');
    expect(call('syscall', process.arch === 'arm64' ? 56 : 257)).toBe('openat');
    expect(call('syscall', 100_000)).toBe('100000');
  });

  it('reads account files with broken lines', () => {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-accounts-'));
    try {
      const path = join(folder, 'passwd');
      writeFileSync(
        path,
        'root:x:0:0::/root:/bin/sh\n# comment\n\n:x:5:\nweb:x:33:33\ntwin:x:33:1\nbad:x:abc:1\n+::::::\n',
      );
      const names = new AccountNames(path);
      expect([0, 33, 5].map((id) => names.name(id))).toEqual(['root', 'web', '5']);
      expect(new AccountNames(join(folder, 'missing')).name(1)).toBe('1');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
