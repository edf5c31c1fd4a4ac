/** The kinds of maps, and in what they differ for whoever writes a pipeline. */
export type MapKind =
  | 'hash'
  | 'lru_hash'
  | 'percpu_hash'
  | 'lru_percpu_hash'
  | 'array'
  | 'percpu_array'
  | 'lpm_trie'
  | 'bloom_filter'
  | 'queue'
  | 'stack';

/**
 * `entries`: values by key. `prefixes`: values by network, filled by the pipeline alone. `keys`: keys without values. `sequence`: values without keys.
 */
export type MapForm = 'entries' | 'prefixes' | 'keys' | 'sequence';

export interface MapTraits {
  readonly form: MapForm;
  /** Whether its keys are the indices from 0 on, all there from the start. */
  readonly array: boolean;
  /** One value for each processor. */
  readonly perCpu: boolean;
  /** Whether the kernel takes entries out by itself. */
  readonly forgets: boolean;
}

const plain: MapTraits = { form: 'entries', array: false, perCpu: false, forgets: false };

export const mapTraits: Readonly<Record<MapKind, MapTraits>> = {
  hash: plain,
  lru_hash: { ...plain, forgets: true },
  percpu_hash: { ...plain, perCpu: true },
  lru_percpu_hash: { ...plain, perCpu: true, forgets: true },
  array: { ...plain, array: true },
  percpu_array: { ...plain, array: true, perCpu: true },
  lpm_trie: { ...plain, form: 'prefixes' },
  bloom_filter: { ...plain, form: 'keys' },
  queue: { ...plain, form: 'sequence' },
  stack: { ...plain, form: 'sequence' },
};

const isMapKind = (name: string): name is MapKind => Object.hasOwn(mapTraits, name);
export const mapKinds: readonly MapKind[] = Object.keys(mapTraits).filter(isMapKind);
