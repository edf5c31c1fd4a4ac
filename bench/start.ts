/** From starting the command to its first event on standard output, over what `node -e 0` takes in the same run: rows 5 and 6. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { loads, probepipe } from './places.js';
import { median } from './process.js';
import type { Row } from './row.js';

const rounds = 7;
/** Of bpftrace 0.17 each event is shown at once, since a user who waits for the first one would ask for it. */
const script = 'tracepoint:syscalls:sys_enter_getppid { printf("%d\\n", pid); }';

/** Events come all the time from a load that runs beside; it is started and ended here. */
export async function starting(): Promise<Row[]> {
  const load = spawn(`${loads}/getppid`, ['1000000', '200'], { stdio: 'ignore' });
  const { command, args } = probepipe('bench/pipelines/getppid.yaml');
  const cold: number[] = [];
  const warm: number[] = [];
  const node: number[] = [];
  const bpftrace: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const cache = mkdtempSync(`${tmpdir()}/probepipe-bench-`);
      const env = { ...process.env, XDG_CACHE_HOME: cache };
      cold.push(await firstLine(command, args, env));
      warm.push(await firstLine(command, args, env));
      node.push(await whole(process.execPath, ['-e', '0']));
      bpftrace.push(await firstLine('bpftrace', ['-q', '-B', 'line', '-e', script], process.env));
      rmSync(cache, { recursive: true });
    }
  } finally {
    load.kill();
  }
  const bare = median(node);
  const row = (what: string, values: readonly number[], most: number, quoted: number): Row => {
    const ours = median(values);
    const over = ours - bare;
    return {
      group: 'start',
      what,
      unit: 'ms',
      ours,
      reference: { name: 'bpftrace', value: median(bpftrace) },
      ratio: ours / median(bpftrace),
      must: { text: `at most ${most} ms over node -e 0, below ${quoted} ms`, met: over <= most && ours < quoted },
      note: `${over.toFixed(0)} ms over node -e 0 (${bare.toFixed(0)} ms); newest bpftrace, quoted: 332 ms`,
    };
  };
  return [
    row('warm start to the first event', warm, 60, 166),
    row('cold start (compiling) to the first event', cold, 200, 332),
  ];
}

async function firstLine(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const start = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  const took = await new Promise<number>((resolve, reject) => {
    // bpftrace says first that it attaches, which is no event.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (/^[{\d]/m.test(text)) resolve(performance.now() - start);
    });
    child.once('exit', (code) => reject(new Error(`${command} ended (${code}) without an event`)));
  });
  child.kill('SIGINT');
  await ended;
  return took;
}

async function whole(command: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  await once(spawn(command, args, { stdio: 'ignore' }), 'exit');
  return performance.now() - start;
}
