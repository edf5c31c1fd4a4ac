/** What running needs of this process, before anything is tried: without it every later error would be about something else. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';

/** include/uapi/linux/capability.h */
const capabilities = { CAP_SYS_ADMIN: 21, CAP_PERFMON: 38, CAP_BPF: 39 } as const;

/** `effective`: the process's capabilities as a bit set. */
export function missingPrivileges(effective: bigint): Diagnostic | undefined {
  const has = (name: keyof typeof capabilities): boolean => ((effective >> BigInt(capabilities[name])) & 1n) === 1n;
  if (has('CAP_SYS_ADMIN')) return undefined;
  const missing = (['CAP_BPF', 'CAP_PERFMON'] as const).filter((name) => !has(name));
  if (missing.length === 0) return undefined;
  return diagnostic('privilege', `running a pipeline needs ${missing.join(' and ')}`, undefined, {
    hints: [
      'run it with sudo',
      'in a systemd unit: AmbientCapabilities=CAP_BPF CAP_PERFMON CAP_DAC_READ_SEARCH CAP_SYS_ADMIN (the last only where tracefs is not mounted)',
      'lint and explain work without privileges',
    ],
  });
}
