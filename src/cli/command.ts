/**
 * What a command is. The table of commands in `commands.ts` gives the dispatch, the help and the completion from one place; a command is one file.
 */
import type { Host } from '../host.js';

/** Exit codes: 0 done, 1 failed while running, 2 wrong usage, 3 the pipeline is invalid, 4 this host can't run it. */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in help (`NAME=VALUE`); missing for a flag. */
  readonly value?: string;
  readonly multiple?: boolean;
  readonly description: string;
}

export interface Command {
  readonly name: string;
  /** The operands: `FILE...`; in brackets those that may be left out: `[FILE]`. */
  readonly operands: string;
  readonly description: string;
  /** What may stand after `--`; missing where nothing may. */
  readonly rest?: string;
  readonly options: readonly OptionSpec[];
  /** Loads what the command needs, so that the others start without it. */
  run(input: CommandInput): Promise<ExitCode>;
}

export interface CommandInput {
  readonly operands: readonly string[];
  /** What stood after `--`. */
  readonly rest: readonly string[];
  readonly options: ParsedOptions;
  readonly host: Host;
  readonly io: CommandIo;
}

export interface ParsedOptions {
  flag(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
}

/** Standard input, output and error of the process: results go to the one, everything else to the other. */
export interface CommandIo {
  /** Standard input to its end; `undefined` where it is a terminal, at which nobody types that. */
  input(): Promise<Uint8Array | undefined>;
  out(text: string): void;
  err(text: string): void;
  readonly color: boolean;
  readonly errIsTerminal: boolean;
  readonly columns: number;
}
