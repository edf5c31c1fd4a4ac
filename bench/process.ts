/** Processes that the benchmark starts and ends by itself, and what they cost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Tool {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What standard error shows once it is attached; of tools that do not say so reliably, whether the kernel took their programs. */
  readonly ready: RegExp | 'programs';
  readonly env?: NodeJS.ProcessEnv;
  /** How long it is left alone once it is attached. */
  readonly settleMs?: number;
}

export interface Running {
  readonly child: ChildProcess;
  /** What it said on standard error so far. */
  readonly said: () => string;
}

/** CPU time of all threads in seconds, and memory in MiB. */
export interface Usage {
  readonly cpu: number;
  readonly resident: number;
  readonly peak: number;
}

const settleMs = 300;
const startLimitMs = 20_000;

/** Starts a tool with its standard output in a file; resolves when it is attached. */
export async function startTool(tool: Tool, output: string): Promise<Running> {
  const file = openSync(output, 'w');
  const child = spawn(tool.command, tool.args, { stdio: ['ignore', file, 'pipe'], env: tool.env ?? process.env });
  closeSync(file);
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const { ready } = tool;
  const attached = ready === 'programs' ? () => hasProgram(child.pid) : () => ready.test(text);
  const started = performance.now();
  while (!attached()) {
    if (child.exitCode !== null)
      throw new Error(`${tool.name} ended (${child.exitCode}) before it was attached: ${text}`);
    if (performance.now() - started > startLimitMs) {
      child.kill('SIGKILL');
      throw new Error(`${tool.name} did not say that it is attached: ${text}`);
    }
    await sleep(10);
  }
  await sleep(tool.settleMs ?? settleMs);
  return { child, said: () => text };
}

function hasProgram(pid: number | undefined): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).includes('bpf-prog'));
  } catch {
    // A descriptor that was closed meanwhile.
    return false;
  }
}

/** Ends it as Ctrl-C would, and waits until it has. */
export async function stopTool({ child }: Running): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
}

/** proc(5): the times are in ticks of 10 ms, which is why measurements last a second or so. */
export function usageOf({ child: { pid } }: Running): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command may hold spaces, and ends at the last parenthesis; the fields behind it begin with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) / 100,
    resident: mebibytes('VmRSS'),
    peak: mebibytes('VmHWM'),
  };
}

/** CPU time of all threads that are there, by the scheduler's own account: `usageOf` has it in ticks of 10 ms. */
export function ranSeconds({ child: { pid } }: Running): number {
  return cpuNanoseconds([Number(pid)]) / 1e9;
}

export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** CPU time of all their threads: the first figure of /proc/PID/task/TID/schedstat. */
export function cpuNanoseconds(processes: readonly number[]): number {
  let sum = 0;
  for (const pid of processes)
    for (const thread of readdirSync(`/proc/${pid}/task`))
      sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return sum;
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
