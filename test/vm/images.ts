/**
 * Guest kernels: Debian's own, downloaded by apt-get (which checks them against the archive's signatures), never installed.
 * In: a kernel series. Out: a kernel and the modules that it needs to mount the host over 9p, in a folder of the user's cache, made once
 * per package version. A series that cannot be had (no such package here, no network and nothing cached) gives a reason.
 *
 * The generic kernels, since Debian's cloud kernels have no 9p.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { loadOrder } from './kernel-modules.js';

export type KernelSeries = '6.1' | '6.12';

export interface GuestImage {
  /** What `uname -r` says in the guest. */
  readonly release: string;
  readonly kernel: string;
  /** Uncompressed, each after those that it depends on. */
  readonly modules: readonly string[];
}

/** virtio_pci finds the shares, 9p mounts them, overlay makes the checkout writable; loop and ext4 (with what it computes its sums with) are for tests of files. Built-in ones are left out. */
const wantedModules = ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'loop', 'crc32c_generic', 'ext4'];

/** Written last, so that a folder without it, or whose files differ from it, is made anew. */
const manifestName = 'image.json';

interface ImageManifest {
  /** What it was made with. */
  readonly wanted: readonly string[];
  readonly modules: readonly string[];
  readonly sha256: Readonly<Record<string, string>>;
}

export async function guestImage(series: KernelSeries): Promise<GuestImage | { readonly missing: string }> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'probepipe', 'vm');
  const packages = await packagesOf(series);
  const [newest] = packages;
  const cached = newest === undefined ? undefined : cachedImage(cache, newest);
  if (cached !== undefined) return cached;
  const problem = newest === undefined ? `apt knows no linux-image-${series} package` : await makeImage(cache, newest);
  if (newest !== undefined && problem === undefined) {
    return cachedImage(cache, newest) ?? { missing: `the image in ${join(cache, newest)} is damaged` };
  }
  return olderImage(cache, series) ?? { missing: problem ?? '' };
}

/** Newest first, by the package lists that apt has. */
async function packagesOf(series: KernelSeries): Promise<string[]> {
  let names = await imagePackages();
  if (names.length === 0 && (await updateLists())) names = await imagePackages();
  return newestFirst(names.filter((name) => isImageOf(series, name)));
}

async function imagePackages(): Promise<string[]> {
  const { stdout } = await execa('apt-cache', ['pkgnames', 'linux-image-'], { reject: false });
  return stdout.split('\n').filter((name) => name !== '');
}

/** The lists may be missing, as in containers, or older than the mirror, which keeps only the last few versions. */
async function updateLists(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const { failed } = await execa('apt-get', ['update', '-q'], { reject: false, timeout: 120_000 });
  return !failed;
}

/** `linux-image-6.1.0-56-amd64` and `linux-image-6.12.117+deb12-amd64`; no cloud, rt, unsigned or debug packages. */
function isImageOf(series: KernelSeries, name: string): boolean {
  const prefix = `linux-image-${series}.`;
  return name.startsWith(prefix) && /^\d+(-\d+)?(\+deb\d+)?-amd64$/.test(name.slice(prefix.length));
}

function newestFirst(names: readonly string[]): string[] {
  return [...names].sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
}

function olderImage(cache: string, series: KernelSeries): GuestImage | undefined {
  if (!existsSync(cache)) return undefined;
  const names = newestFirst(readdirSync(cache).filter((name) => isImageOf(series, name)));
  return names.map((name) => cachedImage(cache, name)).find((image) => image !== undefined);
}

function cachedImage(cache: string, name: string): GuestImage | undefined {
  const folder = join(cache, name);
  try {
    const manifest: ImageManifest = JSON.parse(readFileSync(join(folder, manifestName), 'utf8'));
    const whole = Object.entries(manifest.sha256).every(([file, hash]) => sha256(join(folder, file)) === hash);
    if (!whole || manifest.wanted?.join() !== wantedModules.join()) return undefined;
    const modules = manifest.modules.map((file) => join(folder, file));
    return { release: name.replace('linux-image-', ''), kernel: join(folder, 'vmlinuz'), modules };
  } catch {
    return undefined;
  }
}

/** The reason why not, or `undefined` once the image stands. Made beside and renamed, so that nobody sees half of it. */
async function makeImage(cache: string, name: string): Promise<string | undefined> {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, '.new-'));
  try {
    const problem = (await download(work, name)) ?? (await unpack(work, name.replace('linux-image-', '')));
    if (problem !== undefined) return problem;
    const folder = join(cache, name);
    // Another process may have made it meanwhile, and a guest may be booting from it.
    if (cachedImage(cache, name) !== undefined) return undefined;
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(work, 'image'), folder);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function download(work: string, name: string): Promise<string | undefined> {
  const get = () =>
    execa('apt-get', ['download', '-q', name], { cwd: work, reject: false, all: true, timeout: 300_000 });
  let result = await get();
  if (result.failed && (await updateLists())) result = await get();
  return result.failed
    ? `apt-get cannot download ${name}: ${result.all.trim().split('\n').at(-1) || `exit code ${result.exitCode}`}`
    : undefined;
}

async function unpack(work: string, release: string): Promise<string | undefined> {
  const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
  if (archive === undefined) return 'apt-get downloaded nothing';
  const root = join(work, 'root');
  const image = join(work, 'image');
  mkdirSync(root);
  mkdirSync(image);
  // Only what a guest needs: the rest is hundreds of megabytes of drivers.
  const parts = ['fs', 'lib', 'crypto', 'arch', 'net/9p', 'drivers/virtio', 'drivers/block/loop.ko'];
  const folders = ['./boot/vmlinuz-*', ...parts.map((part) => `./lib/modules/*/kernel/${part}*`)];
  const untar = ['-x', '-C', root, '--wildcards', ...folders];
  const extract = await execa('dpkg-deb', ['--fsys-tarfile', join(work, archive)], {
    buffer: false,
    reject: false,
  }).pipe('tar', untar, { reject: false, all: true });
  if (extract.failed) return `cannot unpack ${archive}: ${extract.all}`;
  const sources = await loadOrder(join(root, 'lib', 'modules', release, 'kernel'), wantedModules);
  renameSync(join(root, 'boot', `vmlinuz-${release}`), join(image, 'vmlinuz'));
  for (const source of sources) writeFileSync(join(image, `${source.name}.ko`), source.content);
  const modules = sources.map((source) => `${source.name}.ko`);
  const hashes = ['vmlinuz', ...modules].map((file) => [basename(file), sha256(join(image, file))]);
  const manifest: ImageManifest = { wanted: wantedModules, modules, sha256: Object.fromEntries(hashes) };
  writeFileSync(join(image, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return undefined;
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
