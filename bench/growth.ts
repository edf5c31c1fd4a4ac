/** How start-up, lint, events and maps grow with probes, fields, sinks and entries, by 10 and by 100: row 11, and a plot of it. Not above linear is what is asked for. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { plot, type Series } from './growth-plot.js';
import { folder, loads, probepipeOf, root } from './places.js';
import { cpuNanoseconds, median, sleep, startTool, stopTool } from './process.js';
import type { Row } from './row.js';
import { readMap } from './snapshot.js';

const rounds = 3;
const factors = [1, 10, 100] as const;
/** What the median of the larger may be over ten times the smaller, for noise. */
const linear = 1.1;

export async function growth(): Promise<Row[]> {
  const work = mkdtempSync(`${tmpdir()}/probepipe-bench-`);
  try {
    const series: Series[] = [
      await grown('lint, 2 probes', 'ms', (factor) => lintMs(probes(2 * factor), work)),
      await grown('compile and start, 2 probes', 'ms', (factor) => startMs(probes(2 * factor), work)),
      await grown("reader's CPU time of an event of 1 field", 'ns', (factor) => eventNs(fields(factor), 1, work)),
      await grown("reader's CPU time of an event to 1 sink", 'ns', (factor) => eventNs(fields(4), factor, work)),
      await grown('a map of 10,000 entries, until the end of the run', 'ms', async (factor) => {
        return (await readMap(10_000 * factor, false)).seconds * 1000;
      }),
    ];
    writeFileSync(`${folder}/growth.svg`, plot(series));
    const [lint, start] = series;
    return [...series.flatMap(rowsOf), ...(lint && start ? asked(lint, start) : [])];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function grown(name: string, unit: string, measure: (factor: number) => Promise<number>): Promise<Series> {
  const values: number[] = [];
  for (const factor of factors) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await measure(factor));
    values.push(median(times));
  }
  return { name, unit, values };
}

function rowsOf({ name, unit, values }: Series): Row[] {
  return values.flatMap((value, index): Row[] => {
    const before = values[index - 1];
    if (before === undefined) return [];
    const ratio = value / (10 * before);
    return [
      {
        group: 'growth',
        what: `${name} × ${factors[index]}`,
        unit,
        ours: value,
        reference: { name: 'ten times the smaller', value: 10 * before },
        ratio,
        must: { text: 'linear or better', met: ratio <= linear },
        note: '',
      },
    ];
  });
}

/** What was asked for of 200 probes. */
function asked(lint: Series, start: Series): Row[] {
  return [
    { what: 'lint of 200 probes', most: 1000, ours: lint.values[2] ?? Number.NaN },
    { what: 'compiling and starting 200 probes', most: 5000, ours: start.values[2] ?? Number.NaN },
  ].map(({ what, most, ours }) => ({
    group: 'growth',
    what,
    unit: 'ms',
    ours,
    reference: { name: 'asked for', value: most },
    ratio: ours / most,
    must: { text: `under ${most / 1000} s`, met: ours < most },
    note: 'the whole process',
  }));
}

const probes = (count: number): string => `name: growth
maps:
  seen: { key: { comm: comm }, value: count }
probes:
${Array.from(
  { length: count },
  (_, index) => `  probe${index}:
    attach: tracepoint:syscalls:sys_enter_${['acct', 'swapon', 'swapoff', 'reboot'][index % 4]}
    where: pid != ${index}
    update:
      seen[comm]: count()
    fields: [time, pid, comm, cpu]
`,
).join('')}`;

const fields = (count: number): string => `name: growth
probes:
  call:
    attach: tracepoint:syscalls:sys_enter_getppid
    where: comm == "getppid"
    fields:
${Array.from({ length: count }, (_, index) => `      - f${index}: pid + ${index}\n`).join('')}`;

async function lintMs(text: string, work: string): Promise<number> {
  writeFileSync(`${work}/lint.yaml`, text);
  const start = performance.now();
  execFileSync(process.execPath, [`${root}bin/probepipe`, 'lint', `${work}/lint.yaml`], { stdio: 'ignore' });
  return performance.now() - start;
}

async function startMs(text: string, work: string): Promise<number> {
  writeFileSync(`${work}/start.yaml`, text);
  const tool = probepipeOf([`${work}/start.yaml`], '--format', 'jsonl');
  const cache = mkdtempSync(`${work}/cache-`);
  const start = performance.now();
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  const running = await startTool({ ...tool, env, settleMs: 0 }, '/dev/null');
  const took = performance.now() - start;
  await stopTool(running);
  return took;
}

const bursts = 5;
const calls = 4000;

/** Of a few events at a time, so that none is lost whatever one of them costs. */
async function eventNs(text: string, sinks: number, work: string): Promise<number> {
  const files = Array.from({ length: sinks }, (_, index) => `  - file: { path: "${work}/events${index}.jsonl" }\n`);
  writeFileSync(`${work}/events.yaml`, `${text}sinks:\n${files.join('')}`);
  const running = await startTool(probepipeOf([`${work}/events.yaml`]), '/dev/null');
  const pid = running.child.pid ?? 0;
  const load = () => execFileSync(`${loads}/getppid`, [String(calls)]);
  load();
  await sleep(500);
  const before = cpuNanoseconds([pid]);
  for (let burst = 0; burst < bursts; burst++) {
    load();
    await sleep(200);
  }
  const spent = cpuNanoseconds([pid]) - before;
  await stopTool(running);
  if (!running.said().includes('nothing lost')) throw new Error(`events were lost: ${running.said()}`);
  return spent / (bursts * calls);
}
