import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkedAt, type SampleBinary, usdtBinary } from '../../test/support/usdt-binary.js';
import { readElf } from './elf.js';
import { bytesOf } from './file-bytes.js';
import { usdtProbes } from './usdt-notes.js';

const probesOf = (bytes: Uint8Array) => {
  const elf = readElf(bytesOf(bytes));
  return typeof elf === 'string' ? elf : usdtProbes(elf);
};
const sample: SampleBinary = {
  notes: [
    { provider: 'a', name: 'first', place: linkedAt + 0x100, semaphore: linkedAt + 0x900, operands: '-4@%edi' },
    { provider: 'a', name: 'other', place: linkedAt + 0x200, operands: '' },
    { provider: 'a', name: 'first', place: linkedAt + 0x300, semaphore: linkedAt + 0x900, operands: '8@(%rax)' },
  ],
};
const first = { provider: 'a', name: 'first' };

describe('notes of USDT probes', () => {
  it('are told by provider and name, with all places of a probe', () => {
    expect(probesOf(usdtBinary(sample))).toEqual([
      {
        ...first,
        places: [
          { fileOffset: 0x100, address: linkedAt + 0x100, semaphore: 0x900, operands: '-4@%edi' },
          { fileOffset: 0x300, address: linkedAt + 0x300, semaphore: 0x900, operands: '8@(%rax)' },
        ],
      },
      { provider: 'a', name: 'other', places: [{ fileOffset: 0x200, address: linkedAt + 0x200, operands: '' }] },
    ]);
  });

  it('move with a file that was prelinked', () => {
    const moved = probesOf(usdtBinary({ ...sample, prelinked: 0x40 }));
    expect(moved).toContainEqual({
      ...first,
      places: [
        { fileOffset: 0x140, address: linkedAt + 0x140, semaphore: 0x940, operands: '-4@%edi' },
        { fileOffset: 0x340, address: linkedAt + 0x340, semaphore: 0x940, operands: '8@(%rax)' },
      ],
    });
  });

  it('of places outside of the file are left out', () => {
    expect(probesOf(usdtBinary({ notes: [{ provider: 'a', name: 'b', place: 0x10, operands: '' }] }))).toEqual([]);
  });

  it('may be cut or any bytes', () => {
    const whole = usdtBinary(sample);
    const from = 120;
    fc.assert(
      fc.property(fc.nat(), fc.uint8Array({ maxLength: 8 }), (at, bytes) => {
        const damaged = Uint8Array.from(whole);
        damaged.set(bytes, from + (at % 150));
        expect(probesOf(damaged)).toBeInstanceOf(Array);
        probesOf(whole.subarray(0, at % whole.length));
      }),
    );
  });
});
