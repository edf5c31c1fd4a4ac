import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkKeyPair, type PemOption, pemText } from './pem.js';
import { SinkError } from './sink-error.js';

const folder = mkdtempSync(join(tmpdir(), 'probepipe-pem-'));
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  for (const name of ['one', 'other'])
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`].concat(
        ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)],
      ),
      { stdio: 'ignore' },
    );
  execFileSync('openssl', [
    'pkey',
    '-in',
    at('one.key'),
    '-aes128',
    '-passout',
    'pass:secret',
    '-out',
    at('locked.key'),
  ]);
});

afterAll(() => rmSync(folder, { recursive: true }));

const ca = (given: string): PemOption => ({
  sink: 'http',
  option: 'tls.ca',
  given,
  shown: given,
  holds: 'certificates',
});
const key = (given: string): PemOption => ({ ...ca(given), option: 'tls.key', holds: 'a key' });

describe('PEM files', () => {
  it('are read, and texts are taken as they are', () => {
    const text = readFileSync(at('one.pem'), 'utf8');
    expect(pemText(ca(at('one.pem')))).toBe(text);
    expect(pemText({ ...ca(text), shown: '$' })).toBe(text);
    expect(pemText(key(at('one.key')))).toContain('PRIVATE KEY');
  });

  it('are refused that hold something else', () => {
    expect(() => pemText(ca(at('one.key')))).toThrow(
      `sink "http": there is no certificate in "${at('one.key')}", which is for "tls.ca"`,
    );
    expect(() => pemText(key(at('one.pem')))).toThrow(
      `sink "http": there is no private key in "${at('one.pem')}", which is for "tls.key"`,
    );
    expect(() => pemText(key(at('locked.key')))).toThrow(
      `sink "http": the key in "${at('locked.key')}" has a password`,
    );
    expect(() => pemText(ca(at('none.pem')))).toThrow(
      `sink "http": cannot read "${at('none.pem')}" for "tls.ca": no such file or folder`,
    );
  });

  it('are in no message where they are secrets', () => {
    const secret = readFileSync(at('one.key'), 'utf8');
    const told = [ca(secret), { ...ca('/etc/hidden.pem'), shown: 'shown' }, { ...ca(secret), shown: 'shown' }].map(
      (pem) => {
        try {
          return pemText(pem);
        } catch (error) {
          return error instanceof SinkError ? JSON.stringify(error.diagnostic) : 'no SinkError';
        }
      },
    );
    expect(told[0]).toContain('there is no certificate in it');
    expect(told[1]).toContain('cannot read \\"shown\\"');
    expect(told.join()).not.toContain(secret.split('\n')[1]);
    expect(told.join()).not.toContain('hidden');
  });

  it('belong together', async () => {
    const [one, other, ownKey] = ['one.pem', 'other.pem', 'one.key'].map((name) => readFileSync(at(name), 'utf8'));
    await expect(checkKeyPair('http', one, ownKey)).resolves.toBeUndefined();
    await expect(checkKeyPair('http', one, undefined)).resolves.toBeUndefined();
    await expect(checkKeyPair('http', other, ownKey)).rejects.toThrow(
      'sink "http": "tls.key" is the key of another certificate than "tls.cert"',
    );
    await expect(checkKeyPair('http', one?.slice(0, 200), ownKey)).rejects.toThrow(
      'sink "http": "tls.cert" and "tls.key" cannot be used: ',
    );
  });
});
