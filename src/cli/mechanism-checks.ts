/** Which mechanisms this kernel has, found by using each: the smallest real attachment, undone at once. */
import type { Host } from '../host.js';
import { openBinary } from '../kernel/binary.js';
import { findBinary } from '../kernel/libraries.js';
import type { NativeAddon, NativeErrorInfo, ProbeRequest } from '../runtime/native-addon.js';
import { reasonOf } from '../runtime/native-failure.js';
import type { Check } from './host-checks.js';

interface Mechanism {
  readonly name: string;
  readonly hooks: string;
  readonly request: ProbeRequest | undefined;
  /** What to use instead, or how to get it. */
  readonly without: string;
  /** Its lack makes other things slower, and takes none away. */
  readonly faster?: true;
}

/** A function that every kernel has, and calls all the time. */
const everywhere = 'vfs_read';
const otherHooks = 'use tp_btf: or tracepoint: hooks that tell the same';

export function mechanismChecks(host: Host, addon: NativeAddon): Check[] {
  return mechanisms(host).map(({ name, hooks, request, without, faster }): Check => {
    if (request === undefined) return { name, state: 'unknown', detail: 'the C library cannot be found to try it on' };
    const refused = addon.probeAttach(request);
    if (refused === undefined) return { name, state: 'ok', detail: hooks };
    const detail = `${whyNot(refused)} (for ${hooks})`;
    return { name, state: faster === true ? 'limited' : 'missing', detail, fix: without };
  });
}

function whyNot(refused: NativeErrorInfo): string {
  if (/built without/.test(refused.attempted)) return 'this kernel was built without them';
  return reasonOf(refused);
}

function mechanisms(host: Host): Mechanism[] {
  const library = placeInLibrary(host);
  const inLibrary = <Kind extends 'uprobe' | 'uretprobe' | 'uprobe_multi'>(kind: Kind): ProbeRequest | undefined =>
    library && { kind, ...library };
  return [
    {
      name: 'tracepoints',
      hooks: 'tracepoint: syscall:',
      request: { kind: 'tracepoint', category: 'sched', name: 'sched_switch' },
      without: 'use tp_btf: or raw_tracepoint:; or mount tracefs where only that is missing',
    },
    {
      name: 'tp_btf',
      hooks: 'tp_btf:',
      request: { kind: 'tp_btf', name: 'sched_switch' },
      without: 'use raw_tracepoint: or tracepoint:',
    },
    {
      name: 'raw tracepoints',
      hooks: 'raw_tracepoint:',
      request: { kind: 'raw_tracepoint', name: 'sched_switch' },
      without: 'use tracepoint:',
    },
    {
      name: 'fentry',
      hooks: 'fentry: function: call:',
      request: { kind: 'fentry', function: everywhere },
      without: `function: and call: take kprobes where there are some; else ${otherHooks}`,
    },
    {
      name: 'fexit',
      hooks: 'fexit: call:',
      request: { kind: 'fexit', function: everywhere },
      without: `call: takes kretprobes where there are some; else ${otherHooks}`,
    },
    {
      name: 'kprobes',
      hooks: 'kprobe: kretprobe: function: call:',
      request: { kind: 'kprobe', function: everywhere },
      without: `function: and call: take fentry where there is; else ${otherHooks}`,
    },
    {
      name: 'kprobe multi-links',
      hooks: 'patterns over functions, attached at once',
      request: { kind: 'kprobe_multi', function: everywhere },
      without: 'patterns over functions are attached one by one (needs Linux 5.18 with CONFIG_FPROBE)',
      faster: true,
    },
    {
      name: 'uprobes',
      hooks: 'uprobe: uretprobe: ucall: usdt:',
      request: inLibrary('uprobe'),
      without: 'needs a kernel with CONFIG_UPROBE_EVENTS',
    },
    {
      name: 'uprobe multi-links',
      hooks: 'patterns over functions of programs, attached at once',
      request: inLibrary('uprobe_multi'),
      without: 'patterns over functions of programs are attached one by one (needs Linux 6.6)',
      faster: true,
    },
    {
      name: 'software events',
      hooks: 'perf:cpu-clock, perf:page-faults, …, profile: interval:',
      request: { kind: 'perf', name: 'cpu-clock', type: 1, config: 0n },
      without: 'needs CAP_PERFMON',
    },
    {
      name: 'hardware events',
      hooks: 'perf:cycles, perf:cache-misses, …',
      request: { kind: 'perf', name: 'cycles', type: 0, config: 0n },
      without: 'virtual machines often have none: use perf:cpu-clock or profile:',
    },
    {
      name: 'LSM',
      hooks: 'lsm:',
      request: { kind: 'lsm', hook: 'file_open' },
      without: `add "bpf" to lsm=… on the kernel’s command line; else ${otherHooks}`,
    },
    {
      name: 'iterators',
      hooks: 'iter:',
      request: { kind: 'iter', objects: 'task' },
      without: 'needs Linux 5.8',
    },
  ];
}

function placeInLibrary(host: Host): { readonly path: string; readonly offset: number } | undefined {
  const found = findBinary(host, 'libc');
  const binary = 'missing' in found ? undefined : openBinary(host, found.path);
  if (binary === undefined || typeof binary === 'string') return undefined;
  const symbol = binary.symbols.find('getpid');
  return symbol && { path: binary.path, offset: symbol.fileOffset };
}
