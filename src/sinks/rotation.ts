/**
 * Old files of a file that is rotated: `events.jsonl.1`, `.2` and so on, the highest the newest, `.gz` or `.zst` once they are compressed.
 * Numbers only grow, so nothing is renamed twice, and a wall clock that steps disturbs neither the order nor the age.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { loadZstd } from './zstd.js';

export interface RotationOptions {
  /** A file of as many bytes is an old one when the next batch comes. */
  readonly bytes: number | undefined;
  /** So is one that was opened so long ago, by the monotonic clock. */
  readonly ageMs: number | undefined;
  /** How many old files stay. */
  readonly keep: number;
  readonly compress: 'gzip' | 'zstd' | 'none';
}

export interface OldFile {
  readonly path: string;
  readonly number: number;
  readonly compressed: boolean;
}

/** The old files among `names`, which is what stands in the folder of `path`; the oldest first. */
export function oldFiles(path: string, names: readonly string[]): OldFile[] {
  const start = `${basename(path)}.`;
  return names
    .filter((name) => name.startsWith(start))
    .flatMap((name) => {
      const match = /^([1-9][0-9]{0,14})(\.gz|\.zst)?$/.exec(name.slice(start.length));
      if (match === null) return [];
      return [{ path: join(dirname(path), name), number: Number(match[1]), compressed: match[2] !== undefined }];
    })
    .sort((one, other) => one.number - other.number);
}

/** Where the next old file goes. */
export function nextOldFile(path: string, names: readonly string[]): string {
  return `${path}.${(oldFiles(path, names).at(-1)?.number ?? 0) + 1}`;
}

/** Removes old files beyond `keep`, then compresses those that are not, also what an earlier run had no time for. Rejects with the first error. */
export async function tidy(path: string, { keep, compress }: RotationOptions, signal: AbortSignal): Promise<void> {
  const old = oldFiles(path, await readdir(dirname(path)));
  const numbers = [...new Set(old.map(({ number }) => number))];
  const kept = new Set(keep === 0 ? [] : numbers.slice(-keep));
  for (const file of old) if (!kept.has(file.number)) await unlink(file.path);
  if (compress === 'none') return;
  for (const file of old) if (kept.has(file.number) && !file.compressed) await compressed(file.path, compress, signal);
}

/** The whole of it under its name, or the plain file as it was: a kill in between leaves no half of it under the name `.gz`. */
async function compressed(path: string, by: 'gzip' | 'zstd', signal: AbortSignal): Promise<void> {
  const whole = `${path}${by === 'gzip' ? '.gz' : '.zst'}`;
  const partial = `${whole}.partial`;
  try {
    const mode = (await stat(path)).mode & 0o777;
    // flush: what is removed next must not be all that a power cut would have left.
    const out = createWriteStream(partial, { flush: true, mode });
    if (by === 'gzip') await pipeline(createReadStream(path), createGzip(), out, { signal });
    else await pipeline(createReadStream(path, { highWaterMark: frameBytes }), frames, out, { signal });
  } catch (error) {
    await unlink(partial).catch(() => undefined);
    throw error;
  }
  await rename(partial, whole);
  await unlink(path);
}

/** Larger ones are hardly smaller together, and a file is never in memory as a whole. */
const frameBytes = 4 * 1024 * 1024;
/** What the program `zstd` takes where it is not told. */
const zstdLevel = 3;

async function* frames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const zstd = loadZstd('rotate.compress');
  for await (const chunk of chunks) yield await zstd.compress(chunk, zstdLevel);
}
