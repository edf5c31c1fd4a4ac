import { describe, expect, it } from 'vitest';
import { kernelDevice } from './own-process.js';

describe('kernelDevice', () => {
  it.each([
    ['/dev/null, 1:3', 0x103n, (1n << 20n) | 3n],
    ['an anonymous one, 0:4', 4n, 4n],
    ['a minor number beyond a byte, 0:300', 0x10002cn, 300n],
    ['both large, 259:4097', (259n << 8n) | 1n | (0x1000n << 12n), (259n << 20n) | 4097n],
  ])('%s', (_, shown, kernel) => {
    expect(kernelDevice(shown)).toBe(kernel);
  });
});
