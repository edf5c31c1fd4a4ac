/** What `open` rejects with when a sink cannot work as it is set up; `diagnostic` is what the user sees. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';

export class SinkError extends Error {
  override readonly name = 'SinkError';
  readonly diagnostic: Diagnostic;

  constructor(message: string, hints: readonly string[] = []) {
    super(message);
    this.diagnostic = diagnostic('sink-config', message, undefined, { hints });
  }
}

/** `ENOSPC` of a Node error; its name where it has no code. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'input/output error',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  ENOENT: 'no such folder',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EFBIG: 'the file is as large as it may get',
  ENXIO: 'nothing reads from it',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
};

export function errorMeaning(code: string): string {
  return meanings[code] ?? code;
}
