/** The `probepipe` command: reads the command line, runs one command, and ends with its exit code. */
import { nodeHost } from '../host-node.js';
import { ownVersion } from '../version.js';
import { readArguments } from './arguments.js';
import type { CommandIo, ExitCode } from './command.js';
import { commands } from './commands.js';
import { commandHelp, overview } from './help.js';

export async function main(argv: readonly string[]): Promise<ExitCode> {
  const io = processIo();
  const result = readArguments(argv, commands);
  if ('version' in result) {
    io.out(`probepipe ${ownVersion()}\n`);
    return 0;
  }
  if ('help' in result) {
    const text = result.help === undefined ? overview(commands) : commandHelp(result.help);
    if (result.asked) io.out(text);
    else io.err(text);
    return result.asked ? 0 : 2;
  }
  if ('wrong' in result) {
    io.err(`probepipe: ${result.wrong}\n${result.hints.map((hint) => `  ${hint}\n`).join('')}`);
    return 2;
  }
  const { command, ...given } = result.invocation;
  return command.run({ ...given, host: nodeHost(), io });
}

/** A reader that has seen enough (`| head`) is no failure; anything else is one, in a sentence. */
function outputTo(stream: NodeJS.WriteStream, name: string): (text: string) => void {
  let watched = false;
  return (text) => {
    if (!watched) {
      watched = true;
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') return;
        process.once('exit', () => {
          process.exitCode = 1;
        });
        if (stream !== process.stderr) process.stderr.write(`probepipe: cannot write to ${name}: ${error.message}\n`);
      });
    }
    stream.write(text);
  };
}

function processIo(): CommandIo {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const errIsTerminal = process.stderr.isTTY === true;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return {
    input: readInput,
    out: outputTo(process.stdout, 'standard output'),
    err: outputTo(process.stderr, 'standard error'),
    color: forced || (errIsTerminal && (NO_COLOR === undefined || NO_COLOR === '')),
    errIsTerminal,
    columns: process.stderr.columns ?? 100,
  };
}

async function readInput(): Promise<Uint8Array | undefined> {
  if (process.stdin.isTTY) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
