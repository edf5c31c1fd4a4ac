/** What the kernel or libbpf refused → a diagnostic in the user's words: what, where in the YAML, why, and what would help. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import type { NativeErrorInfo } from './native-addon.js';

/** Meanings of errno where attaching and loading return it; anything else is shown by its name alone. */
const meanings: Readonly<Record<string, string>> = {
  EPERM: 'the kernel does not permit it',
  EACCES: 'the kernel does not permit it',
  ENOENT: 'this kernel does not have it',
  ENOTSUPP: 'this kernel does not support it',
  EOPNOTSUPP: 'this kernel does not support it',
  EINVAL: 'the kernel refused the request',
  EBUSY: 'something else holds it',
  ENOMEM: 'there is not enough memory for it',
  E2BIG: 'it is larger than the kernel allows',
  ESRCH: 'there is no such process',
  ENOSPC: 'there is no room left',
  EADDRNOTAVAIL: 'nothing can be attached at that place',
};

/** How many programs the kernel runs at one place, of all users together: BPF_TRACE_MAX_PROGS in kernel/trace/bpf_trace.c and BPF_MAX_TRAMP_LINKS in include/linux/bpf.h. */
function mostAtOnePlace({ errno, attempted }: NativeErrorInfo): number | undefined {
  if (errno !== 'E2BIG') return undefined;
  if (attempted.startsWith('attach to the tracepoint')) return 64;
  return /^attach "(fentry|fexit|lsm)\//.test(attempted) ? 38 : undefined;
}

export function reasonOf(error: NativeErrorInfo): string {
  // The kernel takes the program, and then never calls it.
  if (error.attempted.startsWith('have lsm'))
    return 'BPF is not among its security modules; add "bpf" to the list lsm=… on the kernel’s command line (/sys/kernel/security/lsm has the present one)';
  const meaning = meanings[error.errno];
  const most = mostAtOnePlace(error);
  if (most !== undefined) return `the kernel runs no more than ${most} programs on it (E2BIG)`;
  if (/\blsm to /.test(error.attempted) && error.errno === 'EPERM')
    return 'the kernel does not permit it (EPERM), as in lockdown, where trampolines are refused';
  return meaning === undefined ? error.errno : `${meaning} (${error.errno})`;
}

/** Lockdown and kernels without CONFIG_KPROBES leave a function's hooks to nobody; tracepoints always work. */
export const otherWay = 'add an alternative under "attach": a tp_btf: or tracepoint: hook that tells the same';

export function attachFailure(label: string, error: NativeErrorInfo, span: Span | undefined): Diagnostic {
  return diagnostic('attach-failed', `cannot attach ${label}: ${reasonOf(error)}`, span, {
    hints: attachHints(error),
    detail: `${error.attempted}\n${error.log}`,
  });
}

function attachHints(error: NativeErrorInfo): string[] {
  const { attempted } = error;
  if (mostAtOnePlace(error) !== undefined)
    return [
      'join probes of this hook into one, with if() in its fields or several maps under "update", or use tp_btf:, which has no such limit',
    ];
  const denied = error.errno === 'EPERM' || error.errno === 'EACCES';
  if (/fentry|fexit/.test(attempted) && denied)
    return ['in kernel lockdown, or without CONFIG_FUNCTION_TRACER, fentry and fexit are refused', otherWay];
  if (/perf event/.test(attempted) && ['ENOENT', 'EOPNOTSUPP', 'ENODEV', 'EINVAL'].includes(error.errno))
    return [
      'virtual machines often have no hardware events, and not every processor has every event: add an alternative such as perf:cpu-clock:10ms',
    ];
  if (/kprobe/.test(attempted) && error.errno === 'ENOENT')
    return ['the function may be inlined or not be probed, or the kernel be built without CONFIG_KPROBES', otherWay];
  if (denied) return ['attaching needs CAP_BPF and CAP_PERFMON'];
  return [];
}
