import { describe, expect, it } from 'vitest';
import { Redaction } from './redaction.js';

describe('redaction', () => {
  const usual = new Redaction({ query: ['user'], headers: ['X-Own'], usual: true });

  it.each([
    ['page=2&token=abc&x=1', 'page=2&token=[redacted]&x=1'],
    ['access_token=abc', 'access_token=[redacted]'],
    ['X-Amz-Signature=abc&tokens=3', 'X-Amz-Signature=[redacted]&tokens=3'],
    ['%70assword=abc', '%70assword=[redacted]'],
    ['user=me', 'user=[redacted]'],
    ['plain', 'plain'],
    ['', ''],
  ])('of the query %s leaves %s', (query, left) => expect(usual.query(query)).toBe(left));

  it('leaves out headers that are secrets, and those that were named', () => {
    expect(usual.header('authorization', 'Bearer abc')).toBe('[redacted]');
    expect(usual.header('x-own', 'abc')).toBe('[redacted]');
    expect(usual.header('accept', 'text/html')).toBe('text/html');
    expect(usual.header('cookie', '')).toBe('');
  });

  it('is only of what was named where the usual is not wanted', () => {
    const own = new Redaction({ query: [], headers: [], usual: false });
    expect(own.query('token=abc')).toBe('token=abc');
    expect(own.header('cookie', 'a=b')).toBe('a=b');
  });
});
