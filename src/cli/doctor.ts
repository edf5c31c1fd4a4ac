/** `probepipe doctor`: what this host can do, what it cannot, and how to mend that. Exit code 0 where pipelines can run, 4 where none can. */
import { loadAddon } from '../runtime/load-addon.js';
import type { CommandInput, ExitCode } from './command.js';
import { type Check, hostChecks } from './host-checks.js';
import { mechanismChecks } from './mechanism-checks.js';
import { missingPrivileges } from './privileges.js';
import { tracefsOf } from './tracefs.js';

export async function doctor({ options, host, io }: CommandInput): Promise<ExitCode> {
  const format = options.text('format') ?? 'text';
  if (format !== 'text' && format !== 'json') {
    io.err(`probepipe: --format takes text or json, not "${format}"\n`);
    return 2;
  }
  const addon = loadAddon().output;
  const privileged = addon !== undefined && missingPrivileges(addon.capabilities()) === undefined;
  const checks = await hostChecks(host, addon, addon && tracefsOf(addon));
  // Without privileges everything would be refused for that one reason.
  const mechanisms = addon !== undefined && privileged ? mechanismChecks(host, addon) : [];
  const wanting = checks.filter(({ needed, state }) => needed === true && state === 'missing');
  const attachable = mechanisms.some(({ state }) => state === 'ok');
  const able = wanting.length === 0 && attachable;
  if (format === 'json') {
    io.out(`${JSON.stringify({ able, host: checks, mechanisms }, undefined, 2)}\n`);
    return able ? 0 : 4;
  }
  io.out(section('Host', checks));
  if (mechanisms.length > 0) io.out(section('Hooks', mechanisms));
  io.out(able ? 'Pipelines can run here.\n' : `No pipeline can run here: ${reasons(wanting)}.\n`);
  return able ? 0 : 4;
}

function reasons(wanting: readonly Check[]): string {
  return wanting.length === 0 ? 'nothing can be attached to' : wanting.map(({ name }) => name).join(', ');
}

function section(title: string, checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, state, detail, fix }) => [
    `  ${state.padEnd(7)}  ${name.padEnd(width)}  ${detail}`,
    ...(fix === undefined ? [] : [`  ${' '.repeat(7)}  ${' '.repeat(width)}  → ${fix}`]),
  ]);
  return `${title}\n${lines.join('\n')}\n\n`;
}
