/** A pipeline's file → its text. */
import { diagnostic, type StageResult } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { Host } from '../host.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
};

export function readSource(path: string, host: Host): StageResult<Source> {
  try {
    const bytes = host.readFile(path);
    return { output: { name: path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }, diagnostics: [] };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = error instanceof TypeError ? 'it is not UTF-8 text' : (reasons[code] ?? code);
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';
    const names = host.readDirectory(folder).filter((each) => /\.ya?ml$/.test(each));
    const hints = code === 'ENOENT' ? didYouMean(path.split('/').pop() ?? path, names) : [];
    return { diagnostics: [diagnostic('file-missing', `cannot read "${path}": ${reason}`, undefined, { hints })] };
  }
}
