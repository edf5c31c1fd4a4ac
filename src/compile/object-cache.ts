/**
 * Compiled objects, kept by content under the user's cache folder (XDG Base Directory Specification). An entry is the SHA-256 of the object and then the object. One that does not match its hash, or that
 * another user owns or may write, is never used: it is compiled again. Failing to write is no failure.
 */
import { createHash } from 'node:crypto';
import type { FileStat, Host } from '../host.js';

const hashBytes = 32;

export function cacheFolder(host: Host): string | undefined {
  const base = host.env.XDG_CACHE_HOME ?? (host.env.HOME === undefined ? undefined : `${host.env.HOME}/.cache`);
  return base?.startsWith('/') ? `${base}/probepipe/objects` : undefined;
}

export function readCached(key: string, host: Host): Uint8Array | undefined {
  const folder = cacheFolder(host);
  if (folder === undefined || !ours(host.stat(folder), 'directory', host)) return undefined;
  const path = `${folder}/${key}`;
  if (!ours(host.stat(path), 'file', host)) return undefined;
  try {
    const entry = host.readFile(path);
    const object = entry.subarray(hashBytes);
    const digest = createHash('sha256').update(object).digest();
    return entry.length > hashBytes && digest.equals(entry.subarray(0, hashBytes)) ? object : undefined;
  } catch {
    return undefined;
  }
}

export function writeCached(key: string, object: Uint8Array, host: Host): void {
  const folder = cacheFolder(host);
  if (folder === undefined) return;
  try {
    host.makeDirectory(folder);
    if (!ours(host.stat(folder), 'directory', host)) return;
    host.writeFileAtomically(`${folder}/${key}`, Buffer.concat([createHash('sha256').update(object).digest(), object]));
  } catch {
    // A full or read-only disk costs the next start a compile, and nothing else.
  }
}

function ours(stat: FileStat | undefined, kind: FileStat['kind'], host: Host): boolean {
  return stat !== undefined && stat.kind === kind && stat.uid === host.uid && (stat.mode & 0o022) === 0;
}

/** A name for content: equal exactly when all parts are equal. */
export function contentKey(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
}
