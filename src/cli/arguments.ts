/** A command line → a command with its options and operands, or why it cannot be read (exit 2). */
import { parseArgs } from 'node:util';
import { didYouMean } from '../diagnostics/suggest.js';
import type { Command, OptionSpec, ParsedOptions } from './command.js';

export interface Invocation {
  readonly command: Command;
  readonly options: ParsedOptions;
  readonly operands: readonly string[];
  readonly rest: readonly string[];
}

export type ArgumentsResult =
  | { readonly invocation: Invocation }
  | { readonly help: Command | undefined; readonly asked: boolean }
  | { readonly version: true }
  | { readonly wrong: string; readonly hints: readonly string[]; readonly command: Command | undefined };

export function readArguments(argv: readonly string[], commands: readonly Command[]): ArgumentsResult {
  const [name, ...args] = argv;
  if (name === undefined || name === '--help' || name === '-h') return { help: undefined, asked: name !== undefined };
  if (name === '--version' || name === '-V' || name === 'version') return { version: true };
  if (name === 'help') return { help: commands.find((each) => each.name === args[0]), asked: true };
  const command = commands.find((each) => each.name === name);
  if (command === undefined) return unknownCommand(name, commands);
  const [own, rest] = splitRest(command, args);
  if (own.includes('--help') || own.includes('-h')) return { help: command, asked: true };
  const parsed = parse(command, own);
  if ('wrong' in parsed) return { ...parsed, command };
  const { values, positionals } = parsed;
  if (command.operands === '' && positionals.length > 0) {
    return { wrong: `${command.name} takes no operands, but there is "${positionals[0]}"`, hints: [], command };
  }
  if (/^\w/.test(command.operands) && positionals.length === 0) {
    return {
      wrong: `${command.name} needs ${command.operands}`,
      hints: [`probepipe ${command.name} ${command.operands.replace('...', '')}`],
      command,
    };
  }
  if (!command.operands.endsWith('...') && positionals.length > 1) {
    return {
      wrong: `${command.name} takes one ${command.operands}, but there is also "${positionals[1]}"`,
      hints: [],
      command,
    };
  }
  return { invocation: { command, options: parsedOptions(values), operands: positionals, rest } };
}

/** What stands before the first `--` and what stands after it, for a command that takes something there. */
function splitRest({ rest }: Command, args: readonly string[]): readonly [readonly string[], readonly string[]] {
  const end = rest === undefined ? -1 : args.indexOf('--');
  return end < 0 ? [args, []] : [args.slice(0, end), args.slice(end + 1)];
}

function unknownCommand(name: string, commands: readonly Command[]): ArgumentsResult {
  if (/\.ya?ml$/.test(name))
    return { wrong: `"${name}" is no command`, hints: [`to run it: probepipe run ${name}`], command: undefined };
  const names = commands.map((each) => each.name);
  const kind = name.startsWith('-') ? 'option' : 'command';
  return {
    wrong: `unknown ${kind} "${name}"`,
    hints: [...didYouMean(name, names), `the commands are ${names.join(', ')}`],
    command: undefined,
  };
}

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

function parse(
  command: Command,
  args: readonly string[],
): { values: Values; positionals: string[] } | { wrong: string; hints: readonly string[] } {
  const options = Object.fromEntries(command.options.map((each) => [each.name, describe(each)]));
  const wrong = findUnknown(command, args);
  if (wrong !== undefined) return wrong;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values, positionals };
  } catch (error) {
    // node:util words these for programmers; the first sentence is right.
    const text = error instanceof Error ? error.message : String(error);
    return {
      wrong: ambiguous(text) ?? (text.split(/\.\s|\n/)[0] ?? text).replaceAll("'", '"').replace(/^O/, 'o'),
      hints: [`probepipe ${command.name} --help lists the options`],
    };
  }
}

/** `-n -1`: what begins with a dash is taken for an option. */
function ambiguous(text: string): string | undefined {
  const option = /^Option '([^' ]+)(?:, (--\S+))?.*' argument is ambiguous/.exec(text);
  return option === null ? undefined : `${option[2] ?? option[1]} needs a value, and what begins with "-" is none`;
}

function describe({ short, value, multiple }: OptionSpec): {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
} {
  return {
    type: value === undefined ? 'boolean' : 'string',
    ...(short === undefined ? {} : { short }),
    ...(multiple === undefined ? {} : { multiple }),
  };
}

function findUnknown(
  command: Command,
  args: readonly string[],
): { wrong: string; hints: readonly string[] } | undefined {
  const known = command.options.map((each) => `--${each.name}`);
  for (const [index, each] of args.entries()) {
    if (each === '--') return undefined;
    if (!each.startsWith('--')) continue;
    const option = each.split('=')[0] ?? each;
    const found = command.options.find((spec) => `--${spec.name}` === option);
    if (found === undefined) {
      return {
        wrong: `${command.name} has no option "${option}"`,
        hints: [...didYouMean(option, known), `probepipe ${command.name} --help lists them`],
      };
    }
    const given = each.includes('=') || args[index + 1] !== undefined;
    if (found.value !== undefined && !given)
      return { wrong: `${option} needs a value`, hints: [`${option} ${found.value}`] };
  }
  return undefined;
}

function parsedOptions(values: Values): ParsedOptions {
  const texts = (name: string): readonly string[] => {
    const value = values[name];
    if (Array.isArray(value)) return value.map(String);
    return typeof value === 'string' ? [value] : [];
  };
  return { flag: (name) => values[name] === true, text: (name) => texts(name)[0], texts };
}
