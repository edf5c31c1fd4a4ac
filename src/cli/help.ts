/** Help texts, from the table of commands. */
import type { Command, OptionSpec } from './command.js';

export function overview(commands: readonly Command[]): string {
  const rows = commands.map((each) => [`${each.name} ${each.operands}`.trim(), each.description] as const);
  return [
    'Usage: probepipe COMMAND [OPTION]...',
    'Probe pipelines in YAML, run in the Linux kernel by eBPF.',
    '',
    'Commands:',
    ...aligned(rows),
    '',
    'probepipe COMMAND --help (-h) tells more of one; probepipe --version (-V) tells the version.',
    'Exit codes: 0 done, 1 failed while running, 2 wrong usage, 3 invalid pipeline, 4 this host cannot run it.',
    '',
  ].join('\n');
}

export function commandHelp(command: Command): string {
  const options = [...command.options, { name: 'help', short: 'h', description: 'show this' }];
  const rows = options.map(({ name, short, value, description }: OptionSpec) => {
    const left = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
    return [left, description] as const;
  });
  return [
    `Usage: probepipe ${command.name} [OPTION]... ${command.operands}${command.rest === undefined ? '' : ` [-- ${command.rest}]`}`.trimEnd(),
    `${command.description[0]?.toUpperCase()}${command.description.slice(1)}.`,
    '',
    'Options:',
    ...aligned(rows),
    '',
  ].join('\n');
}

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
