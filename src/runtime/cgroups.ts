/** Cgroups as users name them → the id that the kernel's programs see. Facts: Documentation/admin-guide/cgroup-v2.rst; a cgroup's id is its folder's inode number. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export interface Cgroup {
  readonly path: string;
  readonly id: bigint;
  /** How far it is below the root, which has level 0. */
  readonly level: number;
}

export type Found = { readonly cgroup: Cgroup } | { readonly wrong: string };

/** Deeper than systemd's, Docker's and Kubernetes' nest together. */
const deepest = 16;

/** Where version 2 of the hierarchy is mounted. */
export function cgroupRoot(mountInfo: string): string | undefined {
  const line = mountInfo.split('\n').find((each) => / - cgroup2 /.test(each));
  return line?.split(' ')[4]?.replaceAll('\\040', ' ');
}

function readRoot(): { root: string } | { wrong: string } {
  const root = cgroupRoot(readFileSync('/proc/self/mountinfo', 'utf8'));
  if (root === undefined) return { wrong: 'no cgroup hierarchy of version 2 is mounted on this host' };
  // The root of the whole hierarchy has no type; the one that a container sees as its root has.
  if (existsSync(join(root, 'cgroup.type')))
    return { wrong: 'this process sees only a part of the cgroups (a cgroup namespace): run it on the host itself' };
  return { root };
}

/** The folder of the hierarchy's root, or of what this process sees as it. */
export const rootCgroup = (): string | undefined => cgroupRoot(readFileSync('/proc/self/mountinfo', 'utf8'));

/** By a path (absolute, or below the root), or by a name such as `nginx.service`. */
export function findCgroup(name: string): Found {
  const found = readRoot();
  if ('wrong' in found) return found;
  const { root } = found;
  for (const path of [resolve(root, name.replace(/^\//, '')), resolve(name)]) {
    if (isBelow(path, root) && existsSync(join(path, 'cgroup.procs'))) return { cgroup: cgroupAt(path, root) };
  }
  if (name.includes('/')) return { wrong: `there is no cgroup "${name}" below ${root}` };
  return theOnly(
    foldersBelow(root).filter((path) => path.endsWith(`/${name}`)),
    `cgroup "${name}"`,
    root,
  );
}

/** By a container's id or the beginning of it: runtimes name its cgroup for it (`docker-<id>.scope`, `cri-containerd-<id>.scope`, `/docker/<id>`). */
export function findContainer(id: string): Found {
  if (!/^[0-9a-f]{4,64}$/.test(id)) return { wrong: `"${id}" is no container id: 4 to 64 of the digits 0-9 and a-f` };
  const found = readRoot();
  if ('wrong' in found) return found;
  const name = new RegExp(`/(?:[a-z][a-z0-9-]*[-_])?${id}[0-9a-f]*(?:\\.scope)?$`);
  const matches = foldersBelow(found.root).filter((path) => name.test(path));
  // What runs inside of a container may have cgroups of its own there.
  const outermost = matches.filter((path) => !matches.some((other) => other !== path && isBelow(path, other)));
  return theOnly(outermost, `container "${id}"`, found.root);
}

function theOnly(paths: readonly string[], what: string, root: string): Found {
  const [only, ...others] = paths;
  if (only === undefined) return { wrong: `there is no ${what} below ${root}` };
  if (others.length === 0) return { cgroup: cgroupAt(only, root) };
  const shown = paths.slice(0, 5).map((path) => relative(root, path));
  return { wrong: `there are ${paths.length} of ${what}: ${shown.join(', ')}; name one by its path: --cgroup PATH` };
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

function cgroupAt(path: string, root: string): Cgroup {
  const below = relative(root, path);
  return { path, id: statSync(path, { bigint: true }).ino, level: below === '' ? 0 : below.split('/').length };
}

function foldersBelow(root: string, depth = 0): string[] {
  if (depth === deepest) return [];
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [];
    const path = join(root, entry.name);
    try {
      return [path, ...foldersBelow(path, depth + 1)];
    } catch {
      // It went away while it was read.
      return [];
    }
  });
}
