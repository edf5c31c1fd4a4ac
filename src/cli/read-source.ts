/** A file that the command line names → its content. */
import { type BuiltPipeline, decodeBuilt, isBuilt } from '../compile/built-file.js';
import { type Diagnostic, diagnostic, type StageResult } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { Host } from '../host.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
};

/** A pipeline's text; of a built pipeline the one that it was built from. */
export function readSource(path: string, host: Host): StageResult<Source> {
  const { output, diagnostics } = readPipelineFile(path, host);
  return output === undefined ? { diagnostics } : { output: output.source, diagnostics };
}

export interface PipelineFile {
  readonly source: Source;
  /** Of what `probepipe build` wrote. */
  readonly built?: BuiltPipeline;
}

export function readPipelineFile(path: string, host: Host): StageResult<PipelineFile> {
  const bytes = readBytes(path, host, /\.(ya?ml|probepipe)$/);
  if (bytes.output === undefined) return { diagnostics: bytes.diagnostics };
  if (isBuilt(bytes.output)) {
    const built = decodeBuilt(bytes.output);
    return built === undefined
      ? { diagnostics: [damaged(path)] }
      : { output: { source: built.source, built }, diagnostics: [] };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.output);
    return { output: { source: { name: path, text } }, diagnostics: [] };
  } catch {
    return { diagnostics: [unreadable(path, 'it is not UTF-8 text')] };
  }
}

function damaged(path: string): Diagnostic {
  const message = `"${path}" is a built pipeline that is cut off or changed`;
  return diagnostic('built-damaged', message, undefined, { hints: ['copy it again, or build it again'] });
}

/** `alike`: which of a missing file's neighbours may have been meant. */
export function readBytes(path: string, host: Host, alike: RegExp): StageResult<Uint8Array> {
  try {
    return { output: host.readFile(path), diagnostics: [] };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';
    const names = host.readDirectory(folder).filter((each) => alike.test(each));
    const hints = code === 'ENOENT' ? didYouMean(path.split('/').pop() ?? path, names) : [];
    if (code === 'EISDIR')
      hints.push(
        ...inFolder(
          path,
          host.readDirectory(path).filter((each) => alike.test(each)),
        ),
      );
    return { diagnostics: [unreadable(path, reasons[code] ?? code, hints)] };
  }
}

function inFolder(path: string, names: readonly string[]): string[] {
  const paths = [...names].sort().map((name) => `${path.replace(/\/+$/, '')}/${name}`);
  return paths.length === 0 ? [] : [`name the file: ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ', …' : ''}`];
}

function unreadable(path: string, reason: string, hints: readonly string[] = []): Diagnostic {
  return diagnostic('file-missing', `cannot read "${path}": ${reason}`, undefined, { hints });
}
