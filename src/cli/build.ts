/** `probepipe build`: a pipeline → one file that runs on other hosts, without clang there. */
import { basename } from 'node:path';
import { programKey } from '../built-pipeline.js';
import { type BuiltVariant, encodeBuilt } from '../compile/built-file.js';
import { compileObject } from '../compile/compile-object.js';
import { type Diagnostic, hasErrors } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import type { Host } from '../host.js';
import { generateSource, type PipelineOptions } from '../pipeline.js';
import { errorCode, errorMeaning } from '../sinks/sink-error.js';
import { ownVersion } from '../version.js';
import type { CommandInput, ExitCode } from './command.js';
import { readSets } from './option-values.js';
import { readSource } from './read-source.js';
import { exitCodeOf, report } from './report.js';
import { tracefsToCheckWith } from './tracefs.js';

export async function build({ operands, options, host, io }: CommandInput): Promise<ExitCode> {
  const sets = readSets(options.texts('set'));
  if ('wrong' in sets) {
    io.err(`probepipe: ${sets.wrong}\n`);
    return 2;
  }
  const path = operands[0] ?? '';
  const output = options.text('output') ?? `${basename(path).replace(/\.ya?ml$/, '')}.probepipe`;
  const read = readSource(path, host);
  if (read.output === undefined) {
    report(read.diagnostics, io, options.flag('verbose'));
    return exitCodeOf(read.diagnostics);
  }
  const source: Source = { name: basename(path), text: read.output.text };
  const { variants, diagnostics } = await variantsOf(source, host, sets.sets, options.texts('btf'));
  report(diagnostics, io, options.flag('verbose'));
  if (hasErrors(diagnostics)) return exitCodeOf(diagnostics);
  const bytes = encodeBuilt({ version: ownVersion(), arch: host.arch, source, sets: sets.sets, variants });
  try {
    host.writeFileAtomically(output, bytes);
  } catch (error) {
    io.err(`probepipe: cannot write "${output}": ${errorMeaning(errorCode(error))}\n`);
    return 1;
  }
  const kernels = variants.reduce((sum, each) => sum + each.kernels.length, 0);
  const programs = variants.length === 1 ? 'the same programs' : `${variants.length} sets of programs`;
  const serve = kernels === 1 ? '' : `; ${programs} serve ${kernels} kernels`;
  io.err(`wrote ${output}, ${Math.ceil(bytes.byteLength / 1024)} KiB${serve}\n`);
  return 0;
}

/** For the running kernel, or for each whose types are given; kernels of equal programs share them. */
async function variantsOf(
  source: Source,
  host: Host,
  sets: PipelineOptions['sets'],
  btfFiles: readonly string[],
): Promise<{ variants: readonly BuiltVariant[]; diagnostics: readonly Diagnostic[] }> {
  const variants = new Map<string, BuiltVariant>();
  const diagnostics: Diagnostic[] = [];
  const tracefs = tracefsToCheckWith(host);
  for (const btfFile of btfFiles.length === 0 ? [undefined] : btfFiles) {
    const generated = generateSource(source, host, {
      sets,
      valuesMayMiss: true,
      scoped: true,
      ...(btfFile === undefined ? {} : { btfFile }),
      ...(tracefs === undefined ? {} : { tracefs }),
    });
    diagnostics.push(...generated.diagnostics.map((each) => ofKernel(each, btfFile, btfFiles.length)));
    if (generated.output === undefined) return { variants: [], diagnostics };
    const { plain, c, manifest, kernel } = generated.output;
    const key = programKey(plain.c);
    const known = variants.get(key);
    if (known !== undefined) {
      variants.set(key, { ...known, kernels: [...known.kernels, kernel.identity] });
      continue;
    }
    const compiled = await compileObject(c, source, host);
    diagnostics.push(...compiled.diagnostics);
    if (compiled.output === undefined) return { variants: [], diagnostics };
    variants.set(key, { kernels: [kernel.identity], programKey: key, manifest, object: compiled.output });
  }
  return { variants: [...variants.values()], diagnostics };
}

/** Says of several kernels which one it is that a remark is about. */
function ofKernel(given: Diagnostic, btfFile: string | undefined, kernels: number): Diagnostic {
  return btfFile === undefined || kernels < 2 ? given : { ...given, message: `${given.message} (${btfFile})` };
}
