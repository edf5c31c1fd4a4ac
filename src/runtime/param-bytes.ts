/** A param's value → its bytes in the read-only data, as its C type lays them out (little-endian). */
import type { ParamManifest } from '../compile/manifest.js';

export function paramBytes({ type, size, value }: ParamManifest): Uint8Array {
  const bytes = Buffer.alloc(size);
  if (value === null) return bytes;
  switch (type.kind) {
    case 'int':
    case 'enum': {
      const integer =
        typeof value === 'object' ? BigInt(value.integer) : typeof value === 'boolean' ? BigInt(value) : undefined;
      if (integer !== undefined)
        for (let at = 0; at < size; at++) bytes[at] = Number((BigInt.asUintN(64, integer) >> BigInt(8 * at)) & 0xffn);
      return bytes;
    }
    case 'bool':
      bytes[0] = value === true ? 1 : 0;
      return bytes;
    case 'text':
      if (typeof value === 'string') bytes.write(value, 0, size - 1, 'utf8');
      return bytes;
    default:
      throw new Error(`a param cannot be ${type.kind}`);
  }
}
