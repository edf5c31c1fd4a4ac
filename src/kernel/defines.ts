/**
 * Well-known `#define`s that BTF cannot carry (AF_INET, O_CREAT, ENOENT, SIGKILL, …), from a table made of the system's
 * headers. They are part of the kernel's ABI; the few that differ on arm64 stand here.
 */
import { defineTable } from './defines.generated.js';

type Arch = 'x86_64' | 'arm64';

/** arch/arm64/include/uapi/asm/fcntl.h; what it does not define is as in asm-generic/fcntl.h. */
const arm64Values: Readonly<Record<string, bigint>> = {
  O_DIRECTORY: 0o40000n,
  O_NOFOLLOW: 0o100000n,
  O_DIRECT: 0o200000n,
  O_LARGEFILE: 0o400000n,
  O_TMPFILE: 0o20040000n,
};
/** Only there, so a mistake on arm64. */
const onlyX86 = new Set(['MAP_32BIT', 'MAP_ABOVE4G']);

/** include/linux/errno.h: never seen by a program, but seen in the kernel, as return values of interrupted system calls. */
const kernelErrnos: Readonly<Record<string, bigint>> = {
  ERESTARTSYS: 512n,
  ERESTARTNOINTR: 513n,
  ERESTARTNOHAND: 514n,
  ENOIOCTLCMD: 515n,
  ERESTART_RESTARTBLOCK: 516n,
  EPROBE_DEFER: 517n,
  EOPENSTALE: 518n,
  ENOPARAM: 519n,
  EBADHANDLE: 521n,
  ENOTSYNC: 522n,
  EBADCOOKIE: 523n,
  ENOTSUPP: 524n,
  ETOOSMALL: 525n,
  ESERVERFAULT: 526n,
  EBADTYPE: 527n,
  EJUKEBOX: 528n,
  EIOCBQUEUED: 529n,
  ERECALLCONFLICT: 530n,
};

let table: ReadonlyMap<string, bigint> | undefined;

function defines(): ReadonlyMap<string, bigint> {
  if (table === undefined) {
    const read = new Map<string, bigint>(Object.entries(kernelErrnos));
    for (const line of defineTable.trim().split('\n')) {
      const space = line.indexOf(' ');
      read.set(line.slice(0, space), BigInt(line.slice(space + 1)));
    }
    table = read;
  }
  return table;
}

export function define(name: string, arch: Arch): bigint | undefined {
  if (arch === 'arm64') {
    if (onlyX86.has(name)) return undefined;
    const own = Object.hasOwn(arm64Values, name) ? arm64Values[name] : undefined;
    if (own !== undefined) return own;
  }
  return defines().get(name);
}

export function defineNames(): Iterable<string> {
  return defines().keys();
}
