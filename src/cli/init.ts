/** `probepipe init HOOK`: a new pipeline for a hook, on standard output, that runs as it is; what else the hook gives stands in it as comments. */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { hasWildcard, isPattern } from '../hooks/glob.js';
import type { Way } from '../hooks/hook.js';
import { attachmentsOf } from '../hooks/hook-signature.js';
import { hasTask, type StartingField, startingFields } from '../hooks/starting-fields.js';
import { openKernel } from '../kernel/btf-kernel.js';
import type { CommandInput, ExitCode } from './command.js';
import { exitCodeOf, report } from './report.js';
import { tracefsToCheckWith } from './tracefs.js';

export async function init({ operands, options, host, io }: CommandInput): Promise<ExitCode> {
  const btfFile = options.text('btf');
  const tracefs = btfFile === undefined ? tracefsToCheckWith(host) : undefined;
  const opened = openKernel(host, {
    ...(btfFile === undefined ? {} : { btfFile }),
    ...(tracefs === undefined ? {} : { tracefs }),
  });
  if (opened.output === undefined) {
    report(opened.diagnostics, io, false);
    return exitCodeOf(opened.diagnostics);
  }
  const sink = new DiagnosticSink();
  const hook = (operands[0] ?? '').trim();
  const way = attachmentsOf(hook, { kernel: opened.output, host }, sink);
  report(sink.diagnostics, io, false);
  if (way === undefined) return exitCodeOf(sink.diagnostics);
  io.out(pipelineText(hook, way));
  return 0;
}

function pipelineText(hook: string, way: Way): string {
  const name = nameOf(hook);
  const task = hasTask(way);
  const shown = ['time', ...(task ? ['pid', 'comm'] : [])];
  const lines = [
    `name: ${name.replaceAll('_', '-')}`,
    `description: What ${hook} sees`,
    '',
    'probes:',
    `  ${name}:`,
    `    attach: ${quoted(hook)}`,
    ...(task ? ['    # where: comm == "bash"'] : []),
    '    fields:',
    ...shown.map((field) => `      - ${field}`),
    ...(isPattern(hook) ? ['      - hook: hook.name'] : []),
    ...commented(startingFields(way)),
  ];
  return `${lines.join('\n')}\n`;
}

function commented(fields: readonly StartingField[]): string[] {
  const items = fields.map(({ name, expression, type }) => ({
    item: name === expression ? name : `${name}: ${expression}`,
    type,
  }));
  const width = Math.max(0, ...items.map(({ item }) => item.length));
  return items.map(({ item, type }) =>
    type === '' ? `      # - ${item}` : `      # - ${item.padEnd(width)} # ${type}`,
  );
}

/** The name at its end, in letters that a probe's name may have. */
function nameOf(hook: string): string {
  const last = hook.slice(hook.lastIndexOf(':') + 1);
  const plain = last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 48);
  return /^[a-z]/.test(plain) && !reserved.has(plain) ? plain : `on_${plain === '' ? 'hook' : plain}`;
}

/** Words of the language that no probe can be called. */
const reserved = new Set('and or not in as if true false args start param retval duration probe hook'.split(' '));

/** Plain YAML where that is what it says. */
function quoted(hook: string): string {
  return /^[A-Za-z][\w:./+@-]*$/.test(hook) && !hasWildcard(hook) ? hook : JSON.stringify(hook);
}
