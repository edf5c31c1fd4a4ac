/** `probepipe list`: the hooks of this kernel, or of a program or library, one a line and ready to paste. */
import { type Diagnostic, diagnostic, hasErrors } from '../diagnostics/diagnostic.js';
import { didYouMean, nearest } from '../diagnostics/suggest.js';
import { hasWildcard } from '../hooks/glob.js';
import { listHooks } from '../hooks/hook-list.js';
import { type GivenValue, hookSignature } from '../hooks/hook-signature.js';
import { hookKinds } from '../hooks/registry.js';
import type { Host } from '../host.js';
import { openKernel } from '../kernel/btf-kernel.js';
import type { Kernel } from '../kernel/kernel.js';
import type { CommandInput, ExitCode } from './command.js';
import { exitCodeOf, report } from './report.js';
import { tracefsToCheckWith } from './tracefs.js';

/** Written at once, so that a pager that leaves early ends it early. */
const hooksAWrite = 1000;

export async function list({ operands, options, host, io }: CommandInput): Promise<ExitCode> {
  const format = options.text('format') ?? 'text';
  if (format !== 'text' && format !== 'json') {
    io.err(`probepipe: --format takes text or json, not "${format}"\n`);
    return 2;
  }
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
  const kernel = opened.output;
  const pattern = operands[0];
  const { hooks, diagnostics } = listHooks(pattern, { kernel, host });
  const told = hooks.length > 0 ? diagnostics.map(asNote) : diagnostics;
  report(told, io, false);
  if (hooks.length === 0) {
    if (hasErrors(told)) return exitCodeOf(told);
    report([nothingFound(pattern ?? '*', kernel, host)], io, false);
    return 3;
  }
  const verbose = options.flag('verbose');
  const text = (hook: string): string => (verbose ? textOf(hook, { kernel, host }) : `${hook}\n`);
  if (format === 'json') io.out('[');
  for (let at = 0; at < hooks.length; at += hooksAWrite) {
    const some = hooks.slice(at, at + hooksAWrite);
    if (format === 'text') io.out(some.map(text).join(''));
    else io.out(`${at > 0 ? ',' : ''}\n${some.map((hook) => jsonOf(hook, verbose, { kernel, host })).join(',\n')}`);
  }
  if (format === 'json') io.out('\n]\n');
  return 0;
}

/** Where others were found it is no reason to fail. */
const asNote = (each: Diagnostic): Diagnostic => ({ ...each, severity: 'note' });

function nothingFound(pattern: string, kernel: Kernel, host: Host): Diagnostic {
  const kind = /^[a-z_]+:/.exec(pattern)?.[0] ?? '';
  const all = listHooks(kind === '' ? undefined : kind, { kernel, host }).hooks;
  const wanted = pattern.slice(kind.length).replace(/[*?]+/g, '');
  const lastName = wanted.slice(wanted.lastIndexOf(':') + 1);
  const byLastName = new Map(all.map((hook) => [hook.slice(hook.lastIndexOf(':') + 1), hook]));
  const near = nearest(lastName, byLastName.keys(), 5).map((name) => byLastName.get(name) ?? name);
  const within =
    near.length > 0 || lastName.length < 3 ? [] : all.filter((hook) => hook.includes(lastName)).slice(0, 5);
  return diagnostic('hook-not-found', `no hook is, or matches, "${pattern}"`, undefined, {
    hints: [
      ...(near.length === 0 ? [] : [`did you mean ${near.join(', ')}?`]),
      ...(within.length === 0 ? [] : [`there are ${within.join(', ')}`]),
      ...didYouMeanKind(kind),
      ...(hasWildcard(pattern) || kind !== '' ? [] : [`to search within names: probepipe list '*${lastName}*'`]),
    ],
  });
}

/** `tp:` is no kind; `sched:sched_switch` is the name of a tracepoint. */
function didYouMeanKind(kind: string): string[] {
  const kinds = hookKinds.map((each) => each.kind);
  const word = kind.slice(0, -1);
  return kind === '' || kinds.includes(word) ? [] : [...didYouMean(word, kinds), `the kinds are ${kinds.join(' ')}`];
}

function textOf(hook: string, context: { kernel: Kernel; host: Host }): string {
  const signature = hookSignature(hook, context);
  if (signature === undefined) return `${hook}\n`;
  const { args, noArgs, retval } = signature;
  const lines = [...args, ...(retval === undefined ? [] : [retval])].flatMap(valueLines);
  const none = noArgs === undefined ? '' : `    (no args: ${noArgs})\n`;
  return `${hook}\n${none}${lines.map((line) => `    ${line}\n`).join('')}`;
}

function valueLines({ name, type, members }: GivenValue): string[] {
  return [`${name}: ${type}`, ...members.map((member) => `    .${member.name}: ${member.type}`)];
}

function jsonOf(hook: string, verbose: boolean, context: { kernel: Kernel; host: Host }): string {
  return JSON.stringify({ hook, ...(verbose ? hookSignature(hook, context) : {}) });
}
