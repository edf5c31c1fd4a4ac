/** What is kept to a limit together: probes with one of their own are each by themselves, all others are kept to the pipeline's. */
import type { LimitsManifest } from './manifest.js';

interface Limited {
  readonly limits?: LimitsManifest;
}

export interface LimitGroup {
  readonly limits: LimitsManifest;
  /** Missing for the pipeline's limit. */
  readonly probe?: string;
  /** Names. */
  readonly probes: readonly string[];
}

/** In the order of the numbers that templates/bpf/limits.hbs declares. */
export function limitGroups(
  pipeline: Limited,
  probes: readonly (Limited & { readonly name: string })[],
): readonly LimitGroup[] {
  const others = probes.filter(({ limits }) => limits === undefined).map(({ name }) => name);
  return [
    ...(pipeline.limits === undefined ? [] : [{ limits: pipeline.limits, probes: others }]),
    ...probes.flatMap(({ name, limits }) => (limits === undefined ? [] : [{ limits, probe: name, probes: [name] }])),
  ];
}
