/**
 * Files and folders that sinks would write to, and certificates that they would read, as `lint` finds them: only warnings, since a pipeline is often checked as
 * another user or on another machine than it runs, and while it runs. Paths with references and folders that others make
 * meanwhile are left to the run, which refuses what it cannot write.
 */
import { dirname } from 'node:path';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';
import type { Host } from '../host.js';
import type { LocatedText, SinkSpec } from '../language/spec.js';

export async function sinkPlaceProblems(sinks: readonly SinkSpec[], host: Host): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const sink of sinks) {
    const files = [fixed(sink, 'dead_letter'), ...(sink.kind.value === 'file' ? [fixed(sink, 'path')] : [])];
    for (const file of files) if (file !== undefined) found.push(...fileProblems(file, host));
    for (const option of ['ca', 'cert', 'key', 'client_ca']) {
      const pem = fixed(sink, `tls.${option}`);
      if (pem !== undefined) found.push(...readProblems(pem, host));
    }
    const buffer = fixed(sink, 'buffer.disk');
    if (buffer !== undefined) found.push(...(await bufferProblems(buffer, host)));
  }
  return found;
}

/** A path that says all by itself. */
function fixed({ optionTexts }: SinkSpec, option: string): LocatedText | undefined {
  const text = optionTexts?.get(option);
  return text === undefined || text.text === '' || text.text.includes('$') ? undefined : text;
}

function fileProblems(file: LocatedText, host: Host): readonly Diagnostic[] {
  const name = file.text.includes('{') ? undefined : file.text;
  const there = name === undefined ? undefined : host.stat(name);
  if (there?.kind === 'directory') return [warning(file, `"${file.text}" is a folder, and no file to write to`, [])];
  if (name !== undefined && there !== undefined) return writable(file, name, host);
  // Before the first placeholder: what it stands for is not known yet.
  const [sure = ''] = file.text.split('{');
  return inFolder(file, dirname(`${sure}x`), host);
}

function readProblems(file: LocatedText, host: Host): readonly Diagnostic[] {
  const there = host.stat(file.text);
  if (there?.kind === 'directory') return [warning(file, `"${file.text}" is a folder, and no PEM file`, [])];
  if (there !== undefined || file.text.includes('-----BEGIN ')) return [];
  return [warning(file, `there is no file "${file.text}"`, ['a run refuses it: name a PEM file'])];
}

async function bufferProblems(buffer: LocatedText, host: Host): Promise<readonly Diagnostic[]> {
  const path = buffer.text;
  const there = host.stat(path);
  if (there === undefined) return inFolder(buffer, dirname(path), host);
  if (there.kind !== 'directory')
    return [warning(buffer, `"${path}" is no folder`, ['a buffer is a folder of its own, which probepipe makes'])];
  const { folderHolder } = await import('../sinks/delivery/folder-lock.js');
  const holder = await folderHolder(path);
  if (holder === undefined) return writable(buffer, path, host);
  return [
    warning(buffer, `the buffer "${path}" is in use by ${holder}`, [
      'give each run a folder of its own; a second run with this one is refused',
    ]),
  ];
}

function inFolder(at: LocatedText, folder: string, host: Host): readonly Diagnostic[] {
  const there = host.stat(folder);
  if (there?.kind === 'directory') return writable(at, folder, host);
  const what = there === undefined ? `there is no folder "${folder}"` : `"${folder}" is no folder`;
  return [warning(at, what, ['make it before the run: probepipe does not make the folders above'])];
}

function writable(at: LocatedText, path: string, host: Host): readonly Diagnostic[] {
  if (host.mayWrite?.(path) !== false) return [];
  return [warning(at, `"${path}" cannot be written by this user`, ['run it as one who may, or choose another path'])];
}

function warning({ span }: LocatedText, message: string, hints: readonly string[]): Diagnostic {
  return diagnostic('sink-config', message, span, { severity: 'warning', hints });
}
