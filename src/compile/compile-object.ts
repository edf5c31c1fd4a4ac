/**
 * C → BPF object by the system's clang, through a cache keyed by content. In: the C, and the YAML for its line texts. Out: the object's bytes. Refused: a missing clang, with how to install it. C that clang
 * refuses is a bug of ours, and said so.
 */
import { diagnostic, type StageResult } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import type { Host } from '../host.js';
import { contentKey, readCached, writeCached } from './object-cache.js';
import { sourceName } from './source-name.js';

const flags = [
  '-O2',
  '-g',
  '-std=gnu11',
  '-target',
  'bpf',
  '-mcpu=v3',
  '-Wall',
  '-Werror',
  '-Wno-unused-function',
  '-Wno-unused-const-variable',
  '-Wno-unused-variable',
  '-Wno-visibility',
  '-Wno-compare-distinct-pointer-types',
  '-Wno-pointer-to-int-cast',
  '-Wno-address-of-packed-member',
  '-Wno-extern-initializer',
  '-Wno-missing-declarations',
  // What a user compares may never be equal.
  '-Wno-tautological-compare',
  '-Wno-tautological-constant-out-of-range-compare',
  '-fno-stack-protector',
  // Signed arithmetic wraps, as BPF does it and the language says.
  '-fwrapv',
  // Expressions may nest as deep as the parser lets them.
  '-fbracket-depth=2048',
];

export async function compileObject(cText: string, pipeline: Source, host: Host): Promise<StageResult<Uint8Array>> {
  const clang = findClang(host);
  if (clang === undefined) {
    const { PROBEPIPE_CLANG: chosen = '' } = host.env;
    if (chosen !== '') {
      const message = `PROBEPIPE_CLANG is "${chosen}", which is no program`;
      const hints = ['set it to the path of a clang, or unset it to use the one on PATH'];
      return { diagnostics: [diagnostic('clang-missing', message, undefined, { hints })] };
    }
    return {
      diagnostics: [
        diagnostic('clang-missing', 'clang is not installed: it compiles the generated programs', undefined, {
          hints: [
            'Debian, Ubuntu: apt-get install clang',
            'Fedora: dnf install clang',
            'Arch: pacman -S clang',
            'or set PROBEPIPE_CLANG to its path',
          ],
        }),
      ],
    };
  }
  const annotated = annotateLines(pipeline);
  const key = contentKey([cText, annotated, flags.join(' '), describeProgram(clang, host)]);
  const cached = readCached(key, host);
  if (cached !== undefined) return { output: cached, diagnostics: [] };
  const folder = host.makeTemporaryDirectory('probepipe-');
  try {
    const source = sourceName(pipeline.name);
    host.writeFileAtomically(`${folder}/program.bpf.c`, cText);
    // clang copies the text of each `#line` target into the object; each line begins with its own place, which is then all that old kernels' verifiers quote.
    host.writeFileAtomically(`${folder}/${source}`, annotated);
    const result = await host.run(clang, [...flags, '-c', 'program.bpf.c', '-o', 'program.o'], {
      cwd: folder,
      timeoutMs: 120_000,
    });
    if (result === undefined || result.exitCode !== 0) {
      return {
        diagnostics: [
          diagnostic('clang-failed', 'clang refused the generated program: this is a bug in probepipe', undefined, {
            hints: ['please report it with the pipeline and the output of --verbose'],
            detail: `${result?.stderr ?? `${clang} could not be started`}\n${cText}`,
          }),
        ],
      };
    }
    const object = host.readFile(`${folder}/program.o`);
    writeCached(key, object, host);
    return { output: object, diagnostics: [] };
  } finally {
    host.removeDirectory(folder);
  }
}

/** PROBEPIPE_CLANG, else `clang`, else the newest `clang-N` that distributions install. */
export function findClang(host: Host): string | undefined {
  const chosen = host.env.PROBEPIPE_CLANG;
  if (chosen !== undefined && chosen !== '') return host.findProgram(chosen);
  const names = ['clang', ...Array.from({ length: 14 }, (_, index) => `clang-${25 - index}`)];
  for (const name of names) {
    const path = host.findProgram(name);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** Another clang gives another object; its file tells which it is without running it. */
function describeProgram(path: string, host: Host): string {
  const real = host.realPath(path) ?? path;
  const stat = host.stat(real);
  return `${real} ${stat?.size ?? 0} ${stat?.modifiedMs ?? 0}`;
}

export function annotateLines(pipeline: Source): string {
  const name = sourceName(pipeline.name);
  return pipeline.text
    .split('\n')
    .map((line, index) => `${name}:${index + 1}: ${line}`)
    .join('\n');
}
