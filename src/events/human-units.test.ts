import { describe, expect, it } from 'vitest';
import { binaryText, durationText } from './human-units.js';

describe('durations', () => {
  it.each([
    [0, '0ns'],
    [999, '999ns'],
    [1000, '1us'],
    [1234, '1.23us'],
    [12_345, '12.3us'],
    [999_949, '1ms'],
    [1_200_000, '1.2ms'],
    [999_999_999, '1s'],
    [59_940_000_000, '59.9s'],
    [125_000_000_000, '2m05s'],
    [11_520_000_000_000, '3h12m'],
    [369_000_000_000_000, '4d06h'],
    [-1500, '-1.5us'],
    [18446744073709551615n, '213503d23h'],
  ])('%s nanoseconds are %s', (value, text) => {
    expect(durationText(value)).toBe(text);
  });

  it('powers of two are short', () => {
    expect([1n, 1024n, 1536n, 1n << 20n, 1n << 63n, -2048n].map(binaryText)).toEqual([
      '1',
      '1K',
      '1536',
      '1M',
      '8E',
      '-2K',
    ]);
  });
});
