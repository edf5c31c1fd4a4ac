/** Runs a shipped pipeline and the original of its name beside each other in a guest, under one load. */
import { expect } from 'vitest';
import { OriginalTool, words } from '../../../support/original-tool.js';
import { jsonLines, Probepipe } from '../../../support/probepipe.js';

/** Everything is slow in a guest. */
export const timeout = 180_000;

export interface Original {
  readonly options: readonly string[];
  /** What it says when it is attached, or how many programs it attaches. */
  readonly ready: RegExp | number;
}

export interface Seen {
  /** Of the pipeline: events and rows of maps. */
  readonly ours: readonly Record<string, unknown>[];
  /** Of each original, the words of its lines. */
  readonly theirs: readonly (readonly (readonly string[])[])[];
  /** How the pipeline was attached, and its ledger. */
  readonly stderr: string;
}

export async function beside(
  name: string,
  params: readonly string[],
  originals: readonly Original[],
  load: () => Promise<void>,
): Promise<Seen> {
  const sets = params.flatMap((param) => ['--set', param]);
  const started = new Probepipe(['run', `pipelines/${name}.yaml`, ...sets, '--format', 'jsonl']).attached();
  const tools = originals.map(({ options, ready }) => {
    const tool = new OriginalTool(name, options);
    return typeof ready === 'number' ? tool.linked(ready) : tool.attached(ready);
  });
  const [run, ...attached] = await Promise.all([started, ...tools]);
  await load();
  const theirs = await Promise.all(attached.map(async (tool) => (await tool.stop()).map(words)));
  const { code, stdout, stderr } = await run.stop();
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('nothing lost');
  return { ours: jsonLines(stdout), theirs, stderr };
}

/** Histogram rows of the original: `4 -> 7 : 12 |****|`, those of nothing left out. */
export function slots(lines: readonly (readonly string[])[]): readonly (readonly [ge: number, count: number])[] {
  return lines.flatMap(([ge, arrow, , , count]): [number, number][] =>
    arrow === '->' && Number(count) > 0 ? [[Number(ge), Number(count)]] : [],
  );
}

/** Ours as the original counts: its first slot is for 0 and 1 together. */
export function asSlots(histogram: unknown): readonly (readonly [ge: number, count: number])[] {
  const buckets = bucketsOf(histogram);
  const small = buckets.filter(({ ge }) => ge < 2).reduce((sum, { count }) => sum + count, 0);
  const others = buckets.filter(({ ge }) => ge >= 2).map(({ ge, count }): [number, number] => [ge, count]);
  return small > 0 ? [[0, small], ...others] : others;
}

function bucketsOf(histogram: unknown): readonly { readonly ge: number; readonly count: number }[] {
  if (typeof histogram !== 'object' || histogram === null || !('buckets' in histogram)) return [];
  const { buckets } = histogram;
  return Array.isArray(buckets)
    ? buckets.map((bucket: Record<string, unknown>) => ({ ge: Number(bucket.ge), count: Number(bucket.count) }))
    : [];
}
