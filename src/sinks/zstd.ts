/**
 * Zstandard by the system's libzstd, through the addon `zstd.node`: Node 20 has none, and of npm's some fetch binaries when they are installed, others
 * compress on the main thread. Loaded where a sink asks for it.
 */
import { existsSync } from 'node:fs';
import { addonFile, requireFromPackage } from '../package-files.js';
import { SinkError } from './sink-error.js';

export interface Zstd {
  /** One whole frame, made beside the main thread. Frames behind each other are what their contents behind each other are (RFC 8878, 3). */
  compress(bytes: Uint8Array, level: number): Promise<Uint8Array>;
}

const addonPath = addonFile('zstd');

/** `option`: which asks for it. Throws a `SinkError` where the addon is not built, or its library is gone. */
export function loadZstd(option: string, path = addonPath): Zstd {
  const missing = (): SinkError =>
    new SinkError(
      'zstd is not there: its part of the native addon is not built',
      ['run scripts/setup, or choose gzip'],
      option,
    );
  if (!existsSync(path)) throw missing();
  try {
    const addon: Zstd = requireFromPackage(path);
    return addon;
  } catch {
    throw missing();
  }
}
