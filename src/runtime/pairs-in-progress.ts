/** How many starts wait for their ends in a pair's map. */
import type { ProbeManifest } from '../compile/manifest.js';
import type { NativeMap } from './native-addon.js';

export async function startsIn(map: NativeMap, { pairOfCpu }: Pick<ProbeManifest, 'pairOfCpu'>): Promise<number> {
  const { count, values } = await map.readAll();
  if (pairOfCpu !== true) return count;
  const times = new DataView(values.buffer, values.byteOffset, values.byteLength);
  let waiting = 0;
  for (let at = 0; at + 8 <= values.byteLength; at += 8) if (times.getBigUint64(at, true) !== 0n) waiting++;
  return waiting;
}
