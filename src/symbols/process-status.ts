/** What /proc says of a process beside its memory. */
import type { Host } from '../host.js';

export interface ProcessStatus {
  /** Clock ticks since the boot: tells a process from a later one with the same id. */
  readonly startTime: string;
  /** As the process itself knows it, inside of its PID namespace. */
  readonly ownPid: number;
  /** The effective user. */
  readonly uid: number;
}

/** `undefined` where the process is gone. */
export function processStatus(host: Host, pid: number): ProcessStatus | undefined {
  const startTime = processStart(host, pid);
  const status = procText(host, `/proc/${pid}/status`);
  if (startTime === undefined || status === undefined) return undefined;
  const [, uid] = /^Uid:\t\d+\t(\d+)/m.exec(status) ?? [];
  // One number a namespace, the innermost last; kernels without namespaces have no such line.
  const [, ownPid] = /^NSpid:.*\t(\d+)$/m.exec(status) ?? [];
  return { startTime, ownPid: Number(ownPid ?? pid), uid: Number(uid ?? -1) };
}

export function processStart(host: Host, pid: number): string | undefined {
  const stat = procText(host, `/proc/${pid}/stat`);
  // The name stands in parentheses and may hold any of them; of what follows the last one this is field 22 of proc(5).
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

/** Text in the kernel's own encoding of paths: any bytes. */
export function procText(host: Host, path: string): string | undefined {
  try {
    return Buffer.from(host.readFile(path)).toString('utf8');
  } catch {
    return undefined;
  }
}
