/**
 * Compiled bundles, kept so that a pipeline that ran before starts without its YAML, its types or its C being looked at again. A bundle is found by all that it was made from: the text, the values set,
 * the kernel's types, this build of probepipe, and, for probes of user functions, the binaries.
 */
import type { Source } from '../diagnostics/source.js';
import type { Host } from '../host.js';
import type { AttachAlternative, Bundle, Manifest } from './manifest.js';
import { contentKey, readCached, writeCached } from './object-cache.js';

export interface BundleInputs {
  readonly source: Source;
  readonly sets: readonly { readonly name: string; readonly value: string }[];
  readonly scoped: boolean;
  /** Of the kernel's types. */
  readonly kernelIdentity: string;
  /** Of this build of probepipe. */
  readonly build: string;
}

const lengthBytes = 4;

interface Kept {
  readonly manifest: Manifest;
  /** Files that hooks were resolved in, as they were then. */
  readonly files: readonly { readonly path: string; readonly state: string }[];
  /** Where hooks are patterns: the kernel modules that were loaded, which bring functions and tracepoints. */
  readonly modules?: string;
}

export function readBundle(inputs: BundleInputs, host: Host): Bundle | undefined {
  const entry = readCached(keyOf(inputs, host), host);
  if (entry === undefined || entry.byteLength < lengthBytes) return undefined;
  const length = new DataView(entry.buffer, entry.byteOffset).getUint32(0, true);
  // The entry's hash was checked, so this is the text that was written.
  const kept: Kept = JSON.parse(new TextDecoder().decode(entry.subarray(lengthBytes, lengthBytes + length)));
  if (kept.manifest.format !== 1 || kept.files.some(({ path, state }) => fileState(path, host) !== state))
    return undefined;
  if (kept.modules !== undefined && kept.modules !== loadedModules(host)) return undefined;
  return { manifest: kept.manifest, object: entry.subarray(lengthBytes + length) };
}

export function writeBundle(inputs: BundleInputs, bundle: Bundle, host: Host): void {
  const paths = binariesOf(bundle.manifest);
  const files = (paths.length === 0 ? [] : [...paths, '/etc/ld.so.cache']).map((path) => ({
    path,
    state: fileState(path, host),
  }));
  const patterns = alternativesOf(bundle.manifest).some(({ matches }) => matches !== undefined);
  const kept: Kept = { manifest: bundle.manifest, files, ...(patterns ? { modules: loadedModules(host) } : {}) };
  const json = Buffer.from(JSON.stringify(kept));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(json.length);
  writeCached(keyOf(inputs, host), Buffer.concat([length, json, bundle.object]), host);
}

function keyOf({ source, sets, scoped, kernelIdentity, build }: BundleInputs, host: Host): string {
  const clang = host.env.PROBEPIPE_CLANG ?? '';
  return contentKey([
    'bundle',
    source.name,
    source.text,
    JSON.stringify([sets, scoped]),
    kernelIdentity,
    build,
    host.arch,
    clang,
  ]);
}

const alternativesOf = ({ probes }: Manifest): AttachAlternative[] =>
  probes.flatMap(({ groups }) => groups.flatMap(({ alternatives }) => alternatives));

/** By their names; empty where the kernel has none, or does not tell. */
function loadedModules(host: Host): string {
  try {
    const text = Buffer.from(host.readFile('/proc/modules')).toString('latin1');
    return [...text.matchAll(/^\S+/gm)]
      .map(([name]) => name)
      .sort()
      .join();
  } catch {
    return '';
  }
}

function binariesOf(manifest: Manifest): string[] {
  const programs = alternativesOf(manifest).flatMap(({ programs }) => programs);
  return [
    ...new Set(
      programs
        .filter((each) => each.mechanism === 'uprobe' || each.mechanism === 'uretprobe')
        .map((each) => each.target),
    ),
  ];
}

function fileState(path: string, host: Host): string {
  const stat = host.stat(path);
  return stat === undefined ? 'missing' : `${stat.size} ${stat.modifiedMs}`;
}
