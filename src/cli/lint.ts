/** `probepipe lint`: checks pipelines without root, clang or a kernel that could run them. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { diagnosticsJson } from '../diagnostics/render.js';
import type { Host } from '../host.js';
import { generateSource } from '../pipeline.js';
import type { CommandInput, ExitCode } from './command.js';
import { readSets } from './option-values.js';
import { setsByFile } from './param-sets.js';
import { readSource } from './read-source.js';
import { exitCodeOf, report } from './report.js';
import { sinkPlaceProblems } from './sink-places.js';
import { tracefsToCheckWith } from './tracefs.js';

export async function lint({ operands, options, host, io }: CommandInput): Promise<ExitCode> {
  const format = options.text('format') ?? 'text';
  const sets = readSets(options.texts('set'));
  if (format !== 'text' && format !== 'json') {
    io.err(`probepipe: --format takes text or json, not "${format}"\n`);
    return 2;
  }
  if ('wrong' in sets) {
    io.err(`probepipe: ${sets.wrong}\n`);
    return 2;
  }
  const files = [...new Set(operands.flatMap((path) => pipelineFiles(path, host)))];
  const btfFile = options.text('btf');
  const tracefs = btfFile === undefined ? tracefsToCheckWith(host) : undefined;
  const setsOf = await setsByFile(files, sets.sets, host);
  const diagnostics: Diagnostic[] = [...setsOf.diagnostics];
  for (const file of files) {
    const source = readSource(file, host);
    diagnostics.push(...source.diagnostics);
    if (source.output === undefined) continue;
    const checked = generateSource(source.output, host, {
      sets: setsOf.of(file),
      valuesMayMiss: true,
      ...(btfFile === undefined ? {} : { btfFile }),
      ...(tracefs === undefined ? {} : { tracefs }),
    });
    diagnostics.push(...checked.diagnostics);
    if (checked.output !== undefined)
      diagnostics.push(...(await sinkPlaceProblems(checked.output.typed.spec.sinks, host)));
  }
  if (format === 'json') io.out(`${JSON.stringify(diagnosticsJson(diagnostics), undefined, 2)}\n`);
  else if (diagnostics.length > 0) report(diagnostics, io, options.flag('verbose'));
  if (format === 'text' && diagnostics.length === 0)
    io.err(`${files.length === 1 ? files[0] : `${files.length} pipelines`}: no problems\n`);
  return exitCodeOf(diagnostics);
}

/** A file as it is; of a folder all `*.yaml` and `*.yml` below it. */
function pipelineFiles(path: string, host: Host): readonly string[] {
  if (host.stat(path)?.kind !== 'directory') return [path];
  return [...host.readDirectory(path)]
    .sort()
    .filter((name) => !name.startsWith('.') && name !== 'node_modules')
    .flatMap((name) => {
      const inner = `${path.replace(/\/+$/, '')}/${name}`;
      return host.stat(inner)?.kind === 'directory' || /(?<!\.test)\.ya?ml$/.test(name)
        ? pipelineFiles(inner, host)
        : [];
    });
}
