/** Params → where each lies in the read-only data, and its value there. */
import type { ParamManifest, Slot } from './manifest.js';
import { structLayout } from './record-layout.js';
import type { TypedParam } from './typed-pipeline.js';
import { valueTypeOf } from './value-type.js';

export function paramManifests(params: readonly TypedParam[]): { slot: Slot; manifest: ParamManifest }[] {
  const { slots } = structLayout(params.map(({ name, type }) => ({ name, type: valueTypeOf(type, true) })));
  return params.flatMap((param, index) => {
    const slot = slots[index];
    if (slot === undefined) return [];
    const value = param.value?.value;
    const json = typeof value === 'bigint' ? { integer: String(value) } : (value ?? null);
    return [
      { slot, manifest: { name: param.name, type: slot.type, offset: slot.offset, size: slot.size, value: json } },
    ];
  });
}
