/** The kernel's map of connections (`struct capture_connection` of templates/bpf/capture-record.hbs), as far as it is read here. */
import type { Direction } from '../protocols/protocol.js';
import type { NativeMap } from '../runtime/native-addon.js';

/**
 * How far the connection of this key and number has got: bytes, and when the last of them were moved (monotonic, ns); `undefined` where the map no longer has it. The number is compared since a socket's address becomes
 * another's.
 */
export type LookUp = (
  key: Uint8Array,
  number: number,
) => Readonly<Record<Direction, { moved: number; time: number }>> | undefined;

/** Offsets, in bytes. */
const at = { number: 0, moved: 16, movedAt: 32 } as const;

export function lookUpIn(map: Pick<NativeMap, 'lookup'>): LookUp {
  return (key, number) => {
    const value = map.lookup(key);
    if (value === undefined) return undefined;
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const read = (offset: number): number => Number(view.getBigUint64(offset, true));
    if (read(at.number) !== number) return undefined;
    return {
      received: { moved: read(at.moved), time: read(at.movedAt) },
      sent: { moved: read(at.moved + 8), time: read(at.movedAt + 8) },
    };
  };
}
