/** The `entries:` of a pipeline into its maps, which are loaded and not yet in use. Throws a NativeError where the kernel has no memory for them. */
import type { Manifest, MapManifest } from '../compile/manifest.js';
import type { NativeAddon, NativeObject } from './native-addon.js';

export function fillMaps({ maps }: Manifest, object: NativeObject, addon: NativeAddon): void {
  for (const map of maps) {
    if (map.entries === undefined) continue;
    const native = object.map(map.map);
    for (const { key, value } of map.entries) {
      if (map.kind === 'bloom_filter') native.update(new Uint8Array(0), Buffer.from(key, 'hex'));
      else native.update(Buffer.from(key, 'hex'), valueBytes(map, value, addon));
    }
  }
}

/** Of a per-CPU map the first processor has the value, so that the sum over all of them is what was given. */
function valueBytes({ perCpu, valueSize }: MapManifest, value: string, addon: NativeAddon): Uint8Array {
  const one = Buffer.from(value, 'hex');
  return perCpu ? Buffer.concat([one], ((valueSize + 7) & ~7) * addon.possibleCpus()) : one;
}
