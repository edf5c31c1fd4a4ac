/**
 * How many entries the maps that evict have evicted, exactly, though the kernel does not tell: what programs added, less what they deleted
 * (templates/bpf/evictions.hbs), less what was read and taken out, less what is still there.
 */
import type { MapManifest } from '../compile/manifest.js';
import type { NativeObject } from './native-addon.js';

const addedEntries = '.data.added_entries';

export class Evictions {
  readonly #object: NativeObject;
  readonly #maps: readonly MapManifest[];
  readonly #taken = new Map<string, bigint>();

  constructor(object: NativeObject, maps: readonly MapManifest[]) {
    this.#object = object;
    this.#maps = maps.filter(({ evictIndex }) => evictIndex !== undefined);
  }

  /** So many entries were read of the map, and are in it no more. */
  took(map: MapManifest, count: number): void {
    this.#taken.set(map.name, (this.#taken.get(map.name) ?? 0n) + BigInt(count));
  }

  /** By map name. Exact once no program changes the maps any more; what is left in them is read, and taken out of a queue or stack. */
  async count(): Promise<ReadonlyMap<string, bigint>> {
    const evicted = new Map<string, bigint>();
    if (this.#maps.length === 0) return evicted;
    const bytes = this.#object.map(addedEntries).lookup(Buffer.alloc(4));
    if (bytes === undefined) throw new Error(`there is no ${addedEntries}`);
    const counts = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const map of this.#maps) {
      const all = counts.getBigUint64((map.evictIndex ?? 0) * 8, true);
      const native = this.#object.map(map.map);
      const { count } = map.reset ? await native.swapInnerAndRead() : await native.readAll();
      evicted.set(map.name, all - (this.#taken.get(map.name) ?? 0n) - BigInt(count));
    }
    return evicted;
  }
}
