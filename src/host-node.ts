/** The real `Host`: Node's file system, processes and environment. Everything is read when asked for, nothing is kept. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type BinaryReader, loadBinaryReader } from './binary-reader.js';
import type { FileStat, Host, RunOptions, RunResult } from './host.js';
import { openFile } from './open-file.js';

export function nodeHost(): Host {
  let reader: BinaryReader | string | undefined;
  return {
    binaryReader: () => {
      reader ??= loadBinaryReader();
      return reader;
    },
    readFile: (path) => readFileSync(path),
    readPart,
    openFile,
    readDirectory,
    stat: fileStat,
    mayWrite,
    realPath,
    writeFileAtomically,
    makeDirectory,
    makeTemporaryDirectory: (prefix) => mkdtempSync(join(tmpdir(), prefix)),
    removeDirectory: (path) => rmSync(path, { recursive: true, force: true }),
    run,
    findProgram: (name) => findProgram(name, process.env.PATH ?? ''),
    env: process.env,
    uid: process.getuid?.() ?? -1,
    arch: process.arch === 'arm64' ? 'arm64' : 'x86_64',
  };
}

function readPart(path: string, offset: number, length: number): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(file, bytes, filled, length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

function readDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function fileStat(path: string): FileStat | undefined {
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch {
    // EACCES, ENOTDIR, ELOOP: as good as missing to whoever asks.
  }
  if (found === undefined) return undefined;
  return {
    size: found.size,
    modifiedMs: found.mtimeMs,
    uid: found.uid,
    mode: found.mode,
    kind: found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other',
  };
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

let written = 0;

/** In the same folder, since a rename is atomic only within one file system; `wx`, so that no planted link is followed. */
function writeFileAtomically(path: string, data: Uint8Array | string): void {
  written++;
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.${written}.${Date.now().toString(36)}`);
  try {
    writeFileSync(beside, data, { mode: 0o600, flag: 'wx' });
    renameSync(beside, path);
  } catch (error) {
    try {
      unlinkSync(beside);
    } catch {
      // It was never made; the first error is the one that matters.
    }
    throw error;
  }
}

function findProgram(name: string, searchPath: string): string | undefined {
  if (name.includes('/')) return isExecutableFile(name) ? name : undefined;
  // An empty entry of PATH means the current folder to a shell; running what happens to lie there is never wanted.
  for (const folder of searchPath.split(':')) {
    if (folder === '') continue;
    const path = join(folder, name);
    if (isExecutableFile(path)) return path;
  }
  return undefined;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult | undefined> {
  // Importing execa costs some 140 ms, which a run with a cached object must not pay.
  const { execa } = await import('execa');
  const result = await execa(command, args, {
    reject: false,
    stripFinalNewline: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, forceKillAfterDelay: 1000 }),
  });
  if (result.exitCode !== undefined) {
    return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  }
  if (result.code === 'ENOENT') return undefined;
  const reason = result.timedOut
    ? `${command} was stopped after ${options.timeoutMs} ms\n`
    : `${result.shortMessage ?? `${command} did not run`}\n`;
  // A shell's own convention for a program that ended by a signal.
  return { exitCode: 128, stdout: result.stdout ?? '', stderr: (result.stderr ?? '') + reason };
}

/** Node's own recursive mkdir never ends where a parent cannot be made although its parent is there, as below /proc. */
function makeDirectory(path: string): void {
  const parent = dirname(path);
  if (existsSync(path)) return;
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}
