/** Which processes hold which BPF programs open: what the kernel tells of each descriptor under `/proc/PID/fdinfo`. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProgramOwner {
  readonly pid: number;
  readonly comm: string;
}

/** By the program's number, in the order of processes. Those that only a link, a pinned file or an interface keeps have no owner. */
export function programOwners(): ReadonlyMap<number, readonly ProgramOwner[]> {
  const owners = new Map<number, ProgramOwner[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const held = heldPrograms(name);
    if (held.size === 0) continue;
    const owner = { pid: Number(name), comm: textOf(`/proc/${name}/comm`).trim() };
    for (const id of held) owners.set(id, [...(owners.get(id) ?? []), owner]);
  }
  return owners;
}

/** Processes end while they are looked at. */
function heldPrograms(pid: string): ReadonlySet<number> {
  const held = new Set<number>();
  for (const fd of listed(`/proc/${pid}/fd`)) {
    if (!linkOf(`/proc/${pid}/fd/${fd}`).includes('bpf')) continue;
    const id = /^prog_id:\s*(\d+)/m.exec(textOf(`/proc/${pid}/fdinfo/${fd}`))?.[1];
    if (id !== undefined) held.add(Number(id));
  }
  return held;
}

const listed = (folder: string): readonly string[] => orElse(() => readdirSync(folder), []);
const linkOf = (path: string): string => orElse(() => readlinkSync(path), '');
const textOf = (path: string): string => orElse(() => readFileSync(path, 'utf8'), '');

function orElse<Result>(read: () => Result, otherwise: Result): Result {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
