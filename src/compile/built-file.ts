/**
 * The file that `probepipe build` writes: a pipeline's text, and for each kernel that it was built for the compiled programs. The text stays in it, so that on a kernel with other
 * types it is checked again, and the programs are used only where they are what would be compiled there.
 *
 * Layout: `magic`, the SHA-256 of all that follows, a u32 (little-endian) with the length of the JSON, the JSON, the objects one after another.
 */
import { createHash } from 'node:crypto';
import type { Manifest } from './manifest.js';

export interface BuiltPipeline {
  /** Of probepipe: another one may compile other programs. */
  readonly version: string;
  readonly arch: string;
  readonly source: { readonly name: string; readonly text: string };
  /** What `--set` gave when it was built; a run may set other values. */
  readonly sets: readonly { readonly name: string; readonly value: string }[];
  readonly variants: readonly BuiltVariant[];
}

/** What was compiled for one kernel, and serves all others whose types give the same C. */
export interface BuiltVariant {
  /** The kernels' identities (`Kernel.identity`). */
  readonly kernels: readonly string[];
  /** As `contentKey` gives it of the C without `#line` directives. */
  readonly programKey: string;
  readonly manifest: Manifest;
  readonly object: Uint8Array;
}

type Header = Omit<BuiltPipeline, 'variants'> & {
  readonly variants: readonly (Omit<BuiltVariant, 'object'> & { readonly bytes: number })[];
};

/** Its first byte is none of any text. */
const magic = Buffer.from('\x7fprobepipe-1\n', 'latin1');
const hashBytes = 32;
const lengthBytes = 4;

export function isBuilt(bytes: Uint8Array): boolean {
  return magic.equals(bytes.subarray(0, magic.length));
}

export function encodeBuilt({ variants, ...pipeline }: BuiltPipeline): Uint8Array {
  const header: Header = {
    ...pipeline,
    variants: variants.map(({ object, ...variant }) => ({ ...variant, bytes: object.byteLength })),
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(json.length);
  const content = Buffer.concat([length, json, ...variants.map(({ object }) => object)]);
  return Buffer.concat([magic, createHash('sha256').update(content).digest(), content]);
}

/** `undefined` for one that is cut off or changed. */
export function decodeBuilt(bytes: Uint8Array): BuiltPipeline | undefined {
  const content = bytes.subarray(magic.length + hashBytes);
  const digest = createHash('sha256').update(content).digest();
  if (!isBuilt(bytes) || !digest.equals(bytes.subarray(magic.length, magic.length + hashBytes))) return undefined;
  const length = new DataView(content.buffer, content.byteOffset).getUint32(0, true);
  // The hash was checked, so this is what `encodeBuilt` wrote.
  const header: Header = JSON.parse(new TextDecoder().decode(content.subarray(lengthBytes, lengthBytes + length)));
  let at = lengthBytes + length;
  const variants = header.variants.map(({ bytes: size, ...variant }) => {
    const object = content.subarray(at, at + size);
    at += size;
    return { ...variant, object };
  });
  return { ...header, variants };
}
