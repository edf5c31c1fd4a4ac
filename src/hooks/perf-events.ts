/** The names of perf events, as `perf list` has them, and their numbers (include/uapi/linux/perf_event.h: perf_type_id, perf_hw_id, perf_sw_ids, perf_hw_cache_*). */

export interface PerfEvent {
  readonly type: number;
  readonly config: bigint;
  /** Whether it counts nanoseconds. */
  readonly clock?: true;
}

const [hardware, software, cache, raw] = [0, 1, 3, 4] as const;

const hardwareNames: readonly (readonly string[])[] = [
  ['cycles', 'cpu-cycles'],
  ['instructions'],
  ['cache-references'],
  ['cache-misses'],
  ['branches', 'branch-instructions'],
  ['branch-misses'],
  ['bus-cycles'],
  ['stalled-cycles-frontend'],
  ['stalled-cycles-backend'],
  ['ref-cycles'],
];

const softwareNames: readonly (readonly string[])[] = [
  ['cpu-clock'],
  ['task-clock'],
  ['page-faults', 'faults'],
  ['context-switches', 'cs'],
  ['cpu-migrations', 'migrations'],
  ['minor-faults'],
  ['major-faults'],
  ['alignment-faults'],
  ['emulation-faults'],
];

const caches = ['L1-dcache', 'L1-icache', 'LLC', 'dTLB', 'iTLB', 'branch', 'node'];
const cacheUses = ['load', 'store', 'prefetch'];

function* everyEvent(): Generator<readonly [string, PerfEvent]> {
  for (const [config, names] of softwareNames.entries()) {
    const clock = config < 2 ? { clock: true as const } : {};
    for (const name of names) yield [name, { type: software, config: BigInt(config), ...clock }];
  }
  for (const [config, names] of hardwareNames.entries())
    for (const name of names) yield [name, { type: hardware, config: BigInt(config) }];
  for (const [id, name] of caches.entries())
    for (const [use, word] of cacheUses.entries()) {
      const config = BigInt(id | (use << 8));
      yield [`${name}-${word}${word === 'prefetch' ? 'es' : 's'}`, { type: cache, config }];
      yield [`${name}-${word}-misses`, { type: cache, config: config | (1n << 16n) }];
    }
}

// The names of hardware events come after those of caches, so that `branch-misses` is what perf takes it for.
const byName: ReadonlyMap<string, PerfEvent> = new Map([...everyEvent()].reverse());

export const perfEventNames = [...new Map(everyEvent()).keys()];

/** `r01c2` is a processor's own event by its number. */
export function perfEvent(name: string): PerfEvent | undefined {
  const [, number] = /^r([0-9a-f]{1,15})$/i.exec(name) ?? [];
  return byName.get(name) ?? (number === undefined ? undefined : { type: raw, config: BigInt(`0x${number}`) });
}
