import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { Host } from '../host.js';
import { nodeHost } from '../host-node.js';
import { cacheFolder, contentKey, readCached, writeCached } from './object-cache.js';

const folder = mkdtempSync(`${tmpdir()}/probepipe-cache-test-`);
const host: Host = { ...nodeHost(), env: { XDG_CACHE_HOME: folder } };
const key = contentKey(['a', 'b']);
const object = new Uint8Array([1, 2, 3, 4, 5]);

afterEach(() => rmSync(`${folder}/probepipe`, { recursive: true, force: true }));

describe('the object cache', () => {
  it('gives back what was written', () => {
    writeCached(key, object, host);
    expect(readCached(key, host)).toEqual(Buffer.from(object));
    expect(readCached(contentKey(['a', 'c']), host)).toBeUndefined();
  });

  it('tells contents apart, also where their parts are cut differently', () => {
    expect(contentKey(['ab', 'c'])).not.toBe(contentKey(['a', 'bc']));
    expect(contentKey(['a', 'b'])).toBe(key);
  });

  it.each([
    ['a changed byte', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([9])])],
    ['a cut end', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['nothing at all', () => Buffer.alloc(0)],
    ['a hash alone', (bytes: Buffer) => bytes.subarray(0, 32)],
  ])('never gives an entry with %s', (_, change) => {
    writeCached(key, object, host);
    const path = `${cacheFolder(host)}/${key}`;
    writeFileSync(path, change(readFileSync(path)));
    expect(readCached(key, host)).toBeUndefined();
  });

  it('never gives an entry that others may write, or out of a folder that they may', () => {
    writeCached(key, object, host);
    const path = `${cacheFolder(host)}`;
    chmodSync(`${path}/${key}`, 0o666);
    expect(readCached(key, host)).toBeUndefined();
    chmodSync(`${path}/${key}`, 0o600);
    expect(readCached(key, host)).toBeDefined();
    chmodSync(path, 0o777);
    expect(readCached(key, host)).toBeUndefined();
    writeCached(contentKey(['x']), object, host);
    expect(readdirSync(path)).toEqual([key]);
  });

  it('never gives an entry of another user', () => {
    writeCached(key, object, host);
    expect(readCached(key, { ...host, uid: host.uid + 1 })).toBeUndefined();
  });

  it('does without a folder to write to', () => {
    const none: Host = { ...host, env: { XDG_CACHE_HOME: '/proc/nowhere' } };
    writeCached(key, object, none);
    expect(readCached(key, none)).toBeUndefined();
    expect(cacheFolder({ ...host, env: {} })).toBeUndefined();
    expect(cacheFolder({ ...host, env: { XDG_CACHE_HOME: 'relative' } })).toBeUndefined();
  });
});
