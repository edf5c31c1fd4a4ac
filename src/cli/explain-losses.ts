/** Which counters of the ledger can rise for a probe, and why: those that its generated programs count in. */
import { type CounterName, counterNames, type Manifest, type ProbeManifest } from '../compile/manifest.js';

const mebibyte = 1024 * 1024;

function reasons(manifest: Manifest): Readonly<Partial<Record<CounterName, string>>> {
  return {
    ringFull: `ring full: events, when ${(manifest.ring?.bytes ?? 0) / mebibyte} MiB of them wait to be read`,
    mapFull: 'map full: starts or new keys, when their map has no room',
    unmatched: 'unmatched: ends whose start was not seen',
    expired: 'expired: ends later than the ttl after their start',
    restarted: 'restarted: starts that a new start with the same key replaced',
    scratchBusy: 'scratch busy: hits, when too many programs had interrupted each other on one processor',
    sampledOut: 'sampled out: hits that "sample" or "limits" leaves out',
    rateLimited: 'rate limited: events that "rate_limit" leaves out',
    filtered: 'filtered: hits that a condition leaves out',
    faultedReads: 'faulted reads: memory that could not be read and gave zeros',
    truncatedStrings: 'cut strings: texts and bytes longer than their place',
    emptyStacks: 'empty stacks: stacks without frames',
    lostStacks: 'lost stacks: frames of new stacks, when the events take all room',
  };
}

/** `c`: the generated text, in which each counter is named where it is counted, and once where it is declared. */
export function lossLines(manifest: Manifest, c: string): string[] {
  const words = new Map<string, number>();
  for (const [word] of c.matchAll(/\b[A-Za-z_][A-Za-z0-9_]*\b/g)) words.set(word, (words.get(word) ?? 0) + 1);
  const texts = reasons(manifest);
  const lines = manifest.probes.flatMap((probe) => {
    const rising = counterNames.flatMap((name) => {
      const text = texts[name];
      return text !== undefined && (words.get(`${probe.name}_${snakeCase(name)}`) ?? 0) > 1 ? [text] : [];
    });
    return [`probe ${probe.name} counts`, ...[...rising, ...missed(probe)].map((line) => `  ${line}`)];
  });
  const evicting = manifest.maps.flatMap(({ name, evictIndex }) =>
    evictIndex !== undefined
      ? [`map ${name} forgets older entries to make room for new ones when it is full (evicted)`]
      : [],
  );
  return [...lines, ...evicting];
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The kernel leaves out runs of these where the program is running on that processor already. */
function missed({ groups }: ProbeManifest): string[] {
  const mechanisms = groups.flatMap(({ alternatives }) =>
    alternatives.flatMap(({ programs }) => programs.map(({ mechanism }) => mechanism)),
  );
  const unmissable = mechanisms.every((each) => ['interval', 'profile', 'perf', 'iter', 'lsm'].includes(each));
  return unmissable ? [] : ['missed: hits within the program itself, on the same processor'];
}
