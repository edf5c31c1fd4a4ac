/** A host whose only files are those given: what a stage reads is then all there is. */
import type { Host } from '../../src/host.js';

export function memoryHost(files: Readonly<Record<string, string | Uint8Array>>, changes: Partial<Host> = {}): Host {
  const missing = (path: string) => Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
  const contents = (path: string) => {
    const found = files[path];
    if (found === undefined) throw missing(path);
    return typeof found === 'string' ? Buffer.from(found) : found;
  };
  const below = (path: string) => Object.keys(files).filter((each) => each.startsWith(`${path}/`));
  return {
    readFile: contents,
    readDirectory: (path) => [...new Set(below(path).map((each) => each.slice(path.length + 1).split('/')[0] ?? ''))],
    stat: (path) => {
      const found = files[path];
      if (found === undefined && below(path).length === 0) return undefined;
      const kind = found === undefined ? 'directory' : 'file';
      return { size: found?.length ?? 0, modifiedMs: 0, uid: 0, mode: 0o644, kind };
    },
    realPath: (path) => (path in files || below(path).length > 0 ? path : undefined),
    writeFileAtomically: (path) => {
      throw missing(path);
    },
    makeDirectory: (path) => {
      throw missing(path);
    },
    makeTemporaryDirectory: (prefix) => {
      throw missing(prefix);
    },
    removeDirectory: () => {},
    run: async () => undefined,
    findProgram: () => undefined,
    env: {},
    uid: 1000,
    arch: 'x86_64',
    ...changes,
  };
}
