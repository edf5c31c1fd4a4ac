/**
 * The one interface to the world. Stages take a `Host` and nothing else does I/O, so every stage runs in tests with a
 * fake host, and everything up to the C runs without root on any system. `host-node.ts` is the real one.
 */

import type { BinaryReader } from './binary-reader.js';

export interface Host {
  /** Throws a Node `ErrnoException` where the file cannot be read. */
  readFile(path: string): Uint8Array;
  /** At most `length` bytes from `offset`, for files too large to read whole; missing on a host that only has whole files. */
  readPart?(path: string, offset: number, length: number): Uint8Array;
  /**
   * Keeps a file open, so that it can be read after its deletion, or after the end of the process whose files these are. Regular
   * files only, and never a symbolic link at the path's end: what other processes offer there must not make the caller wait.
   * `undefined` where there is no such file. Missing on a host that only has whole files.
   */
  openFile?(path: string): OpenFile | undefined;
  /** Entry names, or an empty list where the folder is missing or unreadable. */
  readDirectory(path: string): readonly string[];
  stat(path: string): FileStat | undefined;
  /** Whether this user may write to a file or folder that is there, also by its file system; missing on a host that cannot tell. */
  mayWrite?(path: string): boolean;
  realPath(path: string): string | undefined;
  /** Writes a new file of mode 0600 so that readers see all of it or nothing (write beside, then rename). */
  writeFileAtomically(path: string, data: Uint8Array | string): void;
  /** Makes the folder and its parents, mode 0700. */
  makeDirectory(path: string): void;
  /** A new empty folder for temporary files, mode 0700; the caller removes it. */
  makeTemporaryDirectory(prefix: string): string;
  removeDirectory(path: string): void;
  /** Runs a program to its end. Never throws for its exit code; `undefined` where it is not installed. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult | undefined>;
  /** The full path of a program on PATH. */
  findProgram(name: string): string | undefined;
  /** What reads debug information and machine code; a text says why there is none. Missing on a host without addons. */
  binaryReader?(): BinaryReader | string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** `process.arch` in the kernel's words. */
  readonly arch: 'x86_64' | 'arm64';
}

export interface OpenFile {
  /** The same for two open files exactly when they are one and the same file. */
  readonly identity: string;
  readonly inode: bigint;
  readonly uid: number;
  /** As of now; a file that was changed in place has another time. */
  stat(): { readonly size: number; readonly modifiedNs: bigint };
  /** At most `length` bytes from `offset`, fewer at the file's end or where it cannot be read. */
  read(offset: number, length: number): Uint8Array;
  /** Closing twice is harmless; a closed file is empty. */
  close(): void;
}

export interface FileStat {
  readonly size: number;
  readonly modifiedMs: number;
  readonly uid: number;
  readonly mode: number;
  readonly kind: 'file' | 'directory' | 'other';
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
