/** `npm run bench`: every figure beside its reference, in one run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { measureStarts } from './start.js';
import { measureStreams, type StreamTool } from './stream.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = `${root}build/bench`;
const load = `${folder}/load/getppid`;
const pipeline = `${root}bench/pipelines/getppid.yaml`;
const calls = 300_000;
const rounds = 3;

const tools: readonly StreamTool[] = [
  {
    name: 'probepipe',
    command: process.execPath,
    args: [`${root}bin/probepipe`, 'run', pipeline, '--format', 'jsonl'],
    readyText: /attached/,
  },
  {
    name: 'bpftrace',
    command: 'bpftrace',
    // The four fields of the pipeline, as JSON; the buffer is bpftrace's own default.
    args: [
      '-e',
      'BEGIN { printf("ready\\n"); } tracepoint:syscalls:sys_enter_getppid { printf("{\\"time\\":%lld,\\"pid\\":%d,\\"tid\\":%d,\\"comm\\":\\"%s\\"}\\n", nsecs, pid, tid, comm); }',
    ],
    readyText: /./,
  },
];

mkdirSync(folder, { recursive: true });
const streams = await measureStreams(tools, load, calls, rounds, folder);
const starts = await measureStarts(
  [process.execPath, `${root}bin/probepipe`, 'run', pipeline, '--format', 'jsonl'],
  load,
  5,
);
const [ours, theirs] = streams;
const ratio = (ours?.eventsPerSecond ?? 0) / (theirs?.eventsPerSecond ?? Number.NaN);

console.log(`streaming ${calls} events of 4 fields to JSON lines, median of ${rounds}`);
for (const { name, eventsPerSecond, callNs, lost } of streams) {
  console.log(
    `  ${name.padEnd(24)} ${String(Math.round(eventsPerSecond)).padStart(9)} events/s  ${callNs.toFixed(0).padStart(6)} ns a call  ${lost} lost`,
  );
}
console.log(`  probepipe / bpftrace     ${ratio.toFixed(1).padStart(9)}`);
console.log('start to the first event, median of 5');
for (const { name, firstEventMs, overNodeMs } of starts) {
  console.log(
    `  ${name.padEnd(24)} ${firstEventMs.toFixed(0).padStart(9)} ms  ${overNodeMs.toFixed(0).padStart(6)} ms over node -e 0`,
  );
}
writeFileSync(`${folder}/results.json`, `${JSON.stringify({ streams, ratio, starts }, undefined, 2)}\n`);
