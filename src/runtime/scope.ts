/** Whose hits a run counts: what the command line gives → what templates/bpf/scope.hbs declares. */
import type { NativeObject } from './native-addon.js';

/** All that is given must hold. */
export interface RunScope {
  /** Process ids (tgids), as the kernel's first pid namespace counts them. */
  readonly processes?: readonly number[];
  /** Whether processes that they start from now on are in scope as well. */
  readonly followChildren?: boolean;
  /** At most 15 bytes. */
  readonly comm?: string;
  /** A cgroup and all below it: its inode number, and how far it is below the root. */
  readonly cgroup?: { readonly id: bigint; readonly level: number };
}

const section = '.rodata.scope';
const processMap = 'scope_processes';
const untoldMap = 'scope_untold';
/** In the order in which they are attached: a process may only be forgotten once its parents are followed. */
export const scopePrograms = ['scope_fork', 'scope_free'] as const;

const at = { cgroup: 0, level: 8, byProcess: 12, byComm: 13, byCgroup: 14, comm: 16, size: 32 } as const;
const largestComm = 15;

export function scopeBytes({ processes, comm, cgroup }: RunScope): Uint8Array {
  const bytes = Buffer.alloc(at.size);
  bytes.writeBigUInt64LE(cgroup?.id ?? 0n, at.cgroup);
  bytes.writeUInt32LE(cgroup?.level ?? 0, at.level);
  bytes[at.byProcess] = processes === undefined ? 0 : 1;
  bytes[at.byComm] = comm === undefined ? 0 : 1;
  bytes[at.byCgroup] = cgroup === undefined ? 0 : 1;
  if (comm !== undefined) Buffer.from(comm).copy(bytes, at.comm, 0, largestComm);
  return bytes;
}

/** Before load. */
export function limitObject(object: NativeObject, scope: RunScope | undefined): void {
  object.setInitialValue(section, 0, scopeBytes(scope ?? {}));
  for (const program of scopePrograms) object.setAutoload(program, scope?.followChildren === true);
  if (scope?.followChildren !== true) object.setMaxEntries(processMap, Math.max(1, scope?.processes?.length ?? 0));
}

/** After load, before anything is attached. */
export function fillScope(object: NativeObject, { processes = [] }: RunScope): void {
  const map = object.map(processMap);
  for (const process of processes) {
    const key = Buffer.alloc(4);
    key.writeUInt32LE(process);
    map.update(key, Buffer.from([1]));
  }
}

/** Processes that could not be followed, since too many were at once. */
export function unfollowed(object: NativeObject): bigint {
  const counted = object.map(untoldMap).lookup(Buffer.alloc(4));
  return counted === undefined ? 0n : Buffer.from(counted).readBigUInt64LE(0);
}
