/** Command lines of processes, read when one is first seen. */
import { readFileSync } from 'node:fs';
import { BoundedCache } from './bounded-cache.js';
import { joined } from './text-lists.js';

/** A process id may be another process soon, and a process may become another program. */
const keptMs = 1_000;
const lines = new BoundedCache<string>(4096, keptMs);

/** Arguments joined by spaces; empty for threads of the kernel, and for what has ended. */
export function commandLine(pid: number): string {
  return lines.get(String(pid), () => {
    try {
      return joined(readFileSync(`/proc/${pid}/cmdline`), ' ');
    } catch {
      return '';
    }
  });
}
