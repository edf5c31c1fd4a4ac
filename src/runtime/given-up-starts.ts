/** Starts of pairs whose end did not come within their `ttl`. */
import type { ProbeManifest } from '../compile/manifest.js';
import type { NativeObject } from './native-addon.js';

/** Takes them out and tells how many they were. Those whose end comes meanwhile are not counted twice: only one side's delete succeeds. */
export async function giveUpStarts(object: NativeObject, { pairMap, ttlNs }: ProbeManifest): Promise<bigint> {
  if (pairMap === undefined || ttlNs === undefined) return 0n;
  const map = object.map(pairMap);
  const before = process.hrtime.bigint() - BigInt(ttlNs);
  const { count, keys, values } = await map.readAll();
  const { keySize, valueSize } = map.info;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let swept = 0n;
  for (let at = 0; at < count; at++) {
    if (view.getBigUint64(at * valueSize, true) >= before) continue;
    if (map.delete(keys.subarray(at * keySize, (at + 1) * keySize))) swept++;
  }
  return swept;
}
