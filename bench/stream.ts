/** Streaming one event for each traced call to a file of JSON lines, probepipe beside bpftrace. */
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { median, sleep, startTool, stopTool } from './process.js';

const run = promisify(execFile);

export interface StreamTool {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly readyText: RegExp;
}

export interface StreamFigures {
  readonly name: string;
  /** Delivered lines a second, from the first call until the last line stands in the file. */
  readonly eventsPerSecond: number;
  /** Of a traced call, in nanoseconds. */
  readonly callNs: number;
  readonly lost: number;
}

const settleMs = 300;

/** `rounds` interleaved measurements of each tool; medians. */
export async function measureStreams(
  tools: readonly StreamTool[],
  load: string,
  calls: number,
  rounds: number,
  folder: string,
): Promise<StreamFigures[]> {
  const figures = tools.map(({ name }) => ({ name, rates: [] as number[], callNs: [] as number[], lost: 0 }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, tool] of tools.entries()) {
      const once = await measure(tool, load, calls, `${folder}/${tool.name}.out`);
      figures[index]?.rates.push(once.eventsPerSecond);
      figures[index]?.callNs.push(once.callNs);
      const row = figures[index];
      if (row !== undefined) row.lost += once.lost;
    }
  }
  return figures.map(({ name, rates, callNs, lost }) => ({
    name,
    eventsPerSecond: median(rates),
    callNs: median(callNs),
    lost,
  }));
}

async function measure(tool: StreamTool, load: string, calls: number, output: string): Promise<StreamFigures> {
  const running = startTool(tool.command, tool.args, output, tool.readyText);
  await running.ready;
  await sleep(settleMs);
  const start = performance.now();
  const { stdout } = await run(load, [String(calls)]);
  // The end is when the file has stopped growing, not counting the time spent on finding that out.
  let size = statSync(output).size;
  let grown = performance.now();
  while (performance.now() - grown < settleMs) {
    await sleep(5);
    const next = statSync(output).size;
    if (next !== size) {
      size = next;
      grown = performance.now();
    }
  }
  const seconds = (grown - start) / 1000;
  await stopTool(running);
  const delivered = readFileSync(output, 'latin1')
    .split('\n')
    .filter((line) => line.includes('"comm":"getppid"')).length;
  return { name: tool.name, eventsPerSecond: delivered / seconds, callNs: Number(stdout), lost: calls - delivered };
}
