/**
 * What a guest's verifier is to see of every shipped pipeline: bundles for the guest's kernel, compiled on the host with each clang, since a guest's emulated processors would take an hour. They lie under
 * build/matrix/RELEASE/CLANG/, which guests see as part of the checkout.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileObject } from '../../src/compile/compile-object.js';
import type { Bundle, Manifest } from '../../src/compile/manifest.js';
import { renderDiagnostics } from '../../src/diagnostics/render.js';
import type { Source } from '../../src/diagnostics/source.js';
import type { Host } from '../../src/host.js';
import { nodeHost } from '../../src/host-node.js';
import { generateSource } from '../../src/pipeline.js';
import { shippedFiles, shippedSets, shippedSource } from '../support/shipped-files.js';
import type { GuestImage } from './images.js';
import { guestTypes } from './kernel-types.js';

const folder = fileURLToPath(new URL('../../build/matrix', import.meta.url));

export interface MatrixBundle extends Bundle {
  readonly file: string;
}

/** What the host cannot generate is left to the guest: fields of tracepoints stand in its tracefs, functions of modules in their own types. Throws where clang refuses anything, with the diagnostics. */
export async function buildMatrix(image: GuestImage, clangs: readonly string[]): Promise<void> {
  const host = nodeHost();
  const btfFile = guestTypes(image);
  for (const clang of clangs.filter((name) => host.findProgram(name) !== undefined)) {
    const target = join(folder, image.release, clang);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    for (const file of shippedFiles) {
      const source = shippedSource(file);
      const generated = generateSource(source, host, { sets: shippedSets(file), btfFile });
      if (generated.output === undefined) continue;
      const bundle = await bundleOf(generated, source, host, clang);
      const name = join(target, encodeURIComponent(file));
      writeFileSync(`${name}.o`, bundle.object);
      writeFileSync(`${name}.json`, JSON.stringify(bundle.manifest));
    }
  }
}

/** Throws with the diagnostics where there is none. */
export async function bundleOf(
  { output, diagnostics }: ReturnType<typeof generateSource>,
  source: Source,
  host: Host,
  clang: string,
): Promise<Bundle> {
  const chosen = { ...host, env: { ...host.env, PROBEPIPE_CLANG: clang } };
  const compiled = output && (await compileObject(output.c, source, chosen));
  if (output !== undefined && compiled?.output !== undefined)
    return { manifest: output.manifest, object: compiled.output };
  const all = [...diagnostics, ...(compiled?.diagnostics ?? [])];
  throw new Error(`${source.name} by ${clang}: ${renderDiagnostics(all, { color: false })}`);
}

export function matrixBundles(release: string, clang: string): MatrixBundle[] {
  const target = join(folder, release, clang);
  if (!existsSync(target)) return [];
  return readdirSync(target)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const manifest: Manifest = JSON.parse(readFileSync(join(target, name), 'utf8'));
      const object = readFileSync(join(target, name.replace(/json$/, 'o')));
      return { file: decodeURIComponent(basename(name, '.json')), manifest, object };
    });
}
