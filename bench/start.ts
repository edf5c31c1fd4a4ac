/** From starting the command to its first event on standard output, over what `node -e 0` takes in the same run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { median } from './process.js';

export interface StartFigures {
  readonly name: string;
  /** Milliseconds, whole. */
  readonly firstEventMs: number;
  /** The same less `node -e 0`. */
  readonly overNodeMs: number;
}

/** Events come all the time from a load that runs beside; it is started and ended here. */
export async function measureStarts(
  probepipe: readonly string[],
  load: string,
  rounds: number,
): Promise<StartFigures[]> {
  const calls = spawn(load, ['1000000', '200'], { stdio: 'ignore' });
  const [command = '', ...args] = probepipe;
  const cold: number[] = [];
  const warm: number[] = [];
  const node: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const cache = mkdtempSync(`${tmpdir()}/probepipe-bench-`);
      const env = { ...process.env, XDG_CACHE_HOME: cache };
      cold.push(await firstLine(command, args, env));
      warm.push(await firstLine(command, args, env));
      node.push(await whole(process.execPath, ['-e', '0']));
      rmSync(cache, { recursive: true });
    }
  } finally {
    calls.kill();
  }
  const bare = median(node);
  const row = (name: string, values: readonly number[]): StartFigures => ({
    name,
    firstEventMs: median(values),
    overNodeMs: median(values) - bare,
  });
  return [row('cold start (compiling)', cold), row('warm start (cached)', warm), row('node -e 0', node)];
}

async function firstLine(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const start = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  const took = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', () => resolve(performance.now() - start));
    child.once('exit', (code) => reject(new Error(`${command} ended (${code}) without an event`)));
  });
  child.stdout.resume();
  child.kill('SIGINT');
  await ended;
  return took;
}

async function whole(command: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  await once(spawn(command, args, { stdio: 'ignore' }), 'exit');
  return performance.now() - start;
}
