import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipText } from '../events/addresses.js';
import { ipBytes, macBytes, networkBytes } from './address-text.js';

const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex');

describe('addresses', () => {
  it('reads IPv4 and IPv6', () => {
    expect(hex(ipBytes('10.0.0.1'))).toBe('040000000a000001000000000000000000000000');
    expect(hex(ipBytes('::1'))).toBe('0600000000000000000000000000000000000001');
    expect(hex(ipBytes('2001:db8::ffff:1.2.3.4'))).toBe('0600000020010db8000000000000ffff01020304');
    expect(hex(ipBytes('::'))).toBe(`06000000${'0'.repeat(32)}`);
  });

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    '1::2::3',
    ':::',
    ':1',
    '1:',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    'g::',
    '1.2.3.4::',
  ])('refuses "%s"', (text) => expect(ipBytes(text)).toBeUndefined());

  it('reads what is written of any address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const bytes = ipBytes(text);
        expect(bytes).toBeDefined();
        const shown = bytes && ipText(bytes, 0);
        expect(hex(ipBytes(shown ?? ''))).toBe(hex(bytes));
      }),
    );
  });

  it('takes for IPv6 what the system takes', () => {
    const text = fc.array(fc.constantFrom(':', '::', '1', 'ab', '1.2.3.4', 'ffff', '0'), { maxLength: 17 });
    fc.assert(
      fc.property(text, (parts) => {
        const joined = parts.join('');
        expect(ipBytes(joined)?.[0] === 6).toBe(isIPv6(joined));
      }),
    );
  });

  it('reads networks, IPv4 among IPv6', () => {
    expect(networkBytes('10.0.0.0/8')).toEqual({
      bytes: Uint8Array.from([104, 0, 0, 0, ...new Array(10).fill(0), 255, 255, 10, 0, 0, 0]),
      exact: true,
    });
    expect(hex(networkBytes('::/0')?.bytes)).toBe('0'.repeat(40));
    expect(hex(networkBytes('2001:db8::1')?.bytes)).toBe('8000000020010db8000000000000000000000001');
    expect(networkBytes('10.1.2.3/8')?.exact).toBe(false);
    expect(hex(networkBytes('10.1.2.3/8')?.bytes)).toBe(hex(networkBytes('10.0.0.0/8')?.bytes));
    for (const text of ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/08', '10/8', '1/2/3'])
      expect(networkBytes(text)).toBeUndefined();
  });

  it('reads hardware addresses', () => {
    expect(hex(macBytes('02:42:AC:11:00:02'))).toBe('0242ac110002');
    expect(macBytes('02:42:ac:11:00')).toBeUndefined();
  });
});
