/** `probepipe flamegraph`: folded stacks of a file or of standard input → a page for a browser. */
import type { StageResult } from '../diagnostics/diagnostic.js';
import { flamegraphPage } from '../flamegraph/flamegraph-page.js';
import { readFoldedStacks } from '../flamegraph/folded-stacks.js';
import type { CommandInput, ExitCode } from './command.js';
import { readBytes } from './read-source.js';
import { exitCodeOf, report } from './report.js';

export async function flamegraph({ operands, options, host, io }: CommandInput): Promise<ExitCode> {
  const [path = '-'] = operands;
  const input: StageResult<Uint8Array | undefined> =
    path === '-' ? { output: await io.input(), diagnostics: [] } : readBytes(path, host, /folded|\.txt$/);
  report(input.diagnostics, io, false);
  if (input.diagnostics.length > 0) return exitCodeOf(input.diagnostics);
  if (input.output === undefined) {
    io.err('probepipe: flamegraph needs a FILE, or folded stacks on standard input\n');
    io.err('  probepipe flamegraph stacks.folded > stacks.html\n');
    return 2;
  }
  const tree = readFoldedStacks(path === '-' ? 'standard input' : path, input.output);
  report(tree.diagnostics, io, false);
  if (tree.output === undefined) return exitCodeOf(tree.diagnostics);
  const title = options.text('title') ?? (path === '-' ? 'Flame graph' : (path.split('/').pop() ?? path));
  io.out(flamegraphPage(tree.output, { title, unit: options.text('unit') ?? 'samples' }));
  return 0;
}
