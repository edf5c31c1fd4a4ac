/** `--set` of several pipelines at once: each takes what it has, and one that has it is enough. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';
import { didYouMean, listed } from '../diagnostics/suggest.js';
import type { Host } from '../host.js';
import type { ParamSet } from '../language/params.js';
import { readSource } from './read-source.js';

export interface FileSets {
  of(path: string): readonly ParamSet[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the files only where there is a choice: a run of one file from the cache must not parse it. */
export async function setsByFile(paths: readonly string[], sets: readonly ParamSet[], host: Host): Promise<FileSets> {
  if (paths.length < 2 || sets.length === 0) return { of: () => sets, diagnostics: [] };
  const { parseDocument } = await import('../language/document.js');
  const { child, entriesOf } = await import('../language/node-parts.js');
  const { placeOfSet } = await import('../language/params.js');
  const paramsOf = new Map(
    paths.flatMap((path) => {
      const source = readSource(path, host).output;
      // Not the whole pipeline, which cannot be read without the values that are looked for.
      const root = source && parseDocument(source).output;
      return root === undefined ? [] : [[path, entriesOf(child(root, 'params')).map(({ key }) => key)] as const];
    }),
  );
  // A pipeline that cannot be read may have the param: that it cannot be read is told first.
  if (paramsOf.size < new Set(paths).size) return { of: (path) => known(paramsOf.get(path), sets), diagnostics: [] };
  const all = [...paramsOf.values()].flat();
  const diagnostics = sets.flatMap((set) => {
    if (all.includes(set.name)) return [];
    const hints = [...didYouMean(set.name, all), ...listed('their params are', all)];
    const span = placeOfSet(set, 'name');
    return [diagnostic('param-unknown', `no pipeline has a param "${set.name}"`, span, { hints })];
  });
  return { of: (path) => known(paramsOf.get(path), sets), diagnostics };
}

const known = (params: readonly string[] | undefined, sets: readonly ParamSet[]): readonly ParamSet[] =>
  sets.filter(({ name }) => params?.includes(name) === true);
