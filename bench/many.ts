/** Fifty pipelines in one process: their start, and what an event of one of them costs beside that of a run of its own. Row 10. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { loads, probepipeOf } from './places.js';
import { cpuNanoseconds, median, sleep, startTool, stopTool } from './process.js';
import type { Row } from './row.js';

const rounds = 3;
const pipelines = 50;
const bursts = 10;
const calls = 30_000;

/** Of 50 the first has events; the others wait for a call that nobody makes. */
const text = (index: number): string => `name: many${index}
probes:
  call${index}:
    attach: tracepoint:syscalls:sys_enter_${index === 0 ? 'getppid' : 'acct'}
    where: ${index === 0 ? 'comm == "getppid"' : `pid != ${index}`}
    fields: [time, pid, comm, cpu]
`;

export async function many(): Promise<Row[]> {
  const work = mkdtempSync(`${tmpdir()}/probepipe-bench-`);
  try {
    const files = Array.from({ length: pipelines }, (_, index) => `${work}/${index}.yaml`);
    files.forEach((file, index) => {
      writeFileSync(file, text(index));
    });
    await measured(files, work);
    const all = [];
    const one = [];
    for (let round = 0; round < rounds; round++) {
      all.push(await measured(files, work));
      one.push(await measured(files.slice(0, 1), work));
    }
    const seconds = median(all.map((each) => each.seconds));
    const cost = median(all.map((each) => each.nanoseconds));
    const alone = median(one.map((each) => each.nanoseconds));
    return [
      {
        group: 'many',
        what: '50 pipelines in one process, warm start until all are attached',
        unit: 's',
        ours: seconds,
        reference: { name: 'one', value: median(one.map((each) => each.seconds)) },
        ratio: seconds / median(one.map((each) => each.seconds)),
        must: { text: 'under 2 s', met: seconds < 2 },
        note: `${Math.max(...all.map((each) => each.resident)).toFixed(0)} MiB resident, of which the rings are 32 each, mapped twice; idle ${(median(all.map((each) => each.idle)) * 100).toFixed(2)}% of a processor, one pipeline ${(median(one.map((each) => each.idle)) * 100).toFixed(2)}%`,
      },
      {
        group: 'many',
        what: "reader's CPU time of an event of one of 50 pipelines",
        unit: 'ns',
        ours: cost,
        reference: { name: 'one', value: alone },
        ratio: cost / alone,
        must: { text: 'unchanged: at most 1.1', met: cost / alone <= 1.1 },
        note: `over what it takes while idle; ${bursts} bursts of ${calls.toLocaleString('en')} calls; none lost`,
      },
    ];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function measured(files: readonly string[], work: string) {
  const tool = probepipeOf(files, '--format', 'jsonl');
  const output = `${work}/events.jsonl`;
  const start = performance.now();
  const running = await startTool({ ...tool, settleMs: 0 }, output);
  const seconds = (performance.now() - start) / 1000;
  const { pid = 0 } = running.child;
  await sleep(2500);
  const idleFrom = cpuNanoseconds([pid]);
  await sleep(2000);
  const before = cpuNanoseconds([pid]);
  const idle = (before - idleFrom) / 2e9;
  const from = performance.now();
  for (let burst = 0; burst < bursts; burst++) {
    execFileSync(`${loads}/getppid`, [String(calls)]);
    await sleep(100);
  }
  const waiting = idle * (performance.now() - from) * 1e6;
  const nanoseconds = (cpuNanoseconds([pid]) - before - waiting) / (bursts * calls);
  const resident = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  await stopTool(running);
  const lines = readFileSync(output).filter((byte) => byte === 0x0a).length;
  if (lines !== bursts * calls) throw new Error(`${bursts * calls} calls were made, and ${lines} events are there`);
  return { seconds, nanoseconds, resident, idle };
}
