/** Processes that the benchmark starts and ends by itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';

export interface Tool {
  readonly child: ChildProcess;
  /** Resolves when its standard error shows that it is attached. */
  readonly ready: Promise<void>;
}

/** Starts a tracing tool with its standard output in a file. */
export function startTool(command: string, args: readonly string[], output: string, readyText: RegExp): Tool {
  const child = spawn(command, args, { stdio: ['ignore', openSync(output, 'w'), 'pipe'] });
  const ready = new Promise<void>((resolve, reject) => {
    let text = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (readyText.test(text)) resolve();
    });
    child.on('exit', (code) => reject(new Error(`${command} ended (${code}) before it was attached: ${text}`)));
  });
  return { child, ready };
}

/** Ends it as Ctrl-C would, and waits until it has. */
export async function stopTool({ child }: Tool): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
