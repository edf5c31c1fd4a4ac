/**
 * Containers by their cgroups: runtimes name a container's cgroup for its id (`docker-<64 digits>.scope`, `cri-containerd-<…>.scope`, `/docker/<…>`,
 * `libpod-<…>.scope`). A cgroup's number is its folder's inode number.
 */
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const shownDigits = 12;
const deepest = 16;
const rereadMs = 1_000;
const idAtEnd = /(?:^|[-_/])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/;

let paths: ReadonlyMap<bigint, string> = new Map();
let readMs = Number.NEGATIVE_INFINITY;

/** The first 12 digits of its id; empty outside of containers. */
export function containerName(cgroup: bigint): string {
  if (!paths.has(cgroup) && performance.now() - readMs > rereadMs) {
    paths = readPaths();
    readMs = performance.now();
  }
  return containerOf(paths.get(cgroup) ?? '');
}

/** Of the outermost container that the path leads through. */
export function containerOf(path: string): string {
  return containerIdOf(path).slice(0, shownDigits);
}

/** All 64 digits. */
export function containerIdOf(path: string): string {
  return idAtEnd.exec(path)?.[1] ?? '';
}

function readPaths(): ReadonlyMap<bigint, string> {
  const found = new Map<bigint, string>();
  const root = /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(readText('/proc/self/mountinfo'))?.[1];
  const walk = (folder: string, depth: number): void => {
    try {
      found.set(statSync(folder, { bigint: true }).ino, folder);
      if (depth === deepest) return;
      const folders = readdirSync(folder, { withFileTypes: true }).filter((each: Dirent) => each.isDirectory());
      for (const { name } of folders) walk(join(folder, name), depth + 1);
    } catch {
      // It went away while it was read.
    }
  };
  if (root !== undefined) walk(root, 0);
  return found;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
