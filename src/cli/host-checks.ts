/** What `doctor` looks at besides mechanisms: the kernel and its settings, privileges, the tools that compile, the cache. Nothing is changed, and nothing is guessed: what cannot be read is said to be unknown. */
import { loadBinaryReader } from '../binary-reader.js';
import { findClang } from '../compile/compile-object.js';
import { cacheFolder } from '../compile/object-cache.js';
import type { Host } from '../host.js';
import { cgroupRoot } from '../runtime/cgroups.js';
import type { NativeAddon } from '../runtime/native-addon.js';
import { missingPrivileges } from './privileges.js';

export interface Check {
  readonly name: string;
  /** `limited`: pipelines run, with less; `unknown`: it could not be looked at. */
  readonly state: 'ok' | 'limited' | 'missing' | 'unknown';
  readonly detail: string;
  readonly fix?: string;
  /** Whether no pipeline can run without it. */
  readonly needed?: true;
}

export async function hostChecks(
  host: Host,
  addon: NativeAddon | undefined,
  tracefs: string | undefined,
): Promise<Check[]> {
  return [
    kernelVersion(host),
    memory(host),
    types(host),
    privileges(host, addon),
    lockdown(host),
    tracefsCheck(host, tracefs),
    cgroups(host),
    await clang(host),
    nativeAddon(addon),
    binaryReader(),
    cache(host),
    jit(host),
    ...settings(host),
  ];
}

function text(host: Host, path: string): string | undefined {
  try {
    return Buffer.from(host.readFile(path)).toString('utf8').trim();
  } catch {
    return undefined;
  }
}

/** The ring buffer and memory that is not counted by RLIMIT_MEMLOCK came with 5.8 and 5.11; programs are told which of a pattern's hooks they run for since 5.15. */
function kernelVersion(host: Host): Check {
  const release = text(host, '/proc/sys/kernel/osrelease') ?? 'unknown';
  const [, major = '0', minor = '0'] = /^([0-9]+)\.([0-9]+)/.exec(release) ?? [];
  const version = Number(major) * 1000 + Number(minor);
  const base = { name: 'kernel', detail: `Linux ${release}` };
  if (version >= 5015) return { ...base, state: 'ok' };
  if (version === 0) return { ...base, state: 'unknown' };
  const fix = 'use Linux 5.15 or newer; 6.1 and newer are tested';
  if (version >= 5008) return { ...base, state: 'limited', fix };
  return { ...base, state: 'missing', detail: `${base.detail} has no BPF ring buffer`, fix, needed: true };
}

function memory(host: Host): Check {
  const name = 'memlock';
  const [, major = '0', minor = '0'] = /^([0-9]+)\.([0-9]+)/.exec(text(host, '/proc/sys/kernel/osrelease') ?? '') ?? [];
  if (Number(major) * 1000 + Number(minor) >= 5011)
    return { name, state: 'ok', detail: 'RLIMIT_MEMLOCK does not count the memory of maps and rings (Linux 5.11)' };
  return {
    name,
    state: 'limited',
    detail: 'RLIMIT_MEMLOCK counts the memory of maps and rings (before Linux 5.11)',
    fix: 'ulimit -l unlimited',
  };
}

function types(host: Host): Check {
  const name = 'kernel types';
  const size = host.stat('/sys/kernel/btf/vmlinux')?.size;
  if (size !== undefined) return { name, state: 'ok', detail: 'BTF in /sys/kernel/btf/vmlinux' };
  return {
    name,
    state: 'missing',
    detail: 'the kernel has no BTF in /sys/kernel/btf/vmlinux',
    fix: 'use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as those of all large distributions are',
    needed: true,
  };
}

function privileges(host: Host, addon: NativeAddon | undefined): Check {
  const name = 'privileges';
  if (addon === undefined) return { name, state: 'unknown', detail: `user ${host.uid}` };
  const missing = missingPrivileges(addon.capabilities());
  if (missing === undefined) {
    const who = host.uid === 0 ? 'root' : `user ${host.uid} with the capabilities that running needs`;
    return { name, state: 'ok', detail: who };
  }
  return {
    name,
    state: 'missing',
    detail: missing.message,
    fix: 'run it with sudo, or give it CAP_BPF and CAP_PERFMON',
    needed: true,
  };
}

/** Only some things ask for it: which processes count, and where sockets are given a program. */
function cgroups(host: Host): Check {
  const name = 'cgroups';
  const root = cgroupRoot(text(host, '/proc/self/mountinfo') ?? '');
  if (root !== undefined)
    return { name, state: 'ok', detail: `version 2 at ${root}, for --cgroup and http: { propagate: true }` };
  return {
    name,
    state: 'limited',
    detail: 'no hierarchy of version 2 is mounted: no --cgroup, and no http: { propagate: true }',
    fix: 'mount -t cgroup2 none /sys/fs/cgroup',
  };
}

/** Kernel lockdown (Documentation: kernel_lockdown(7)): `none [integrity] confidentiality`. */
function lockdown(host: Host): Check {
  const name = 'lockdown';
  const modes = text(host, '/sys/kernel/security/lockdown');
  const mode = /\[(\w+)\]/.exec(modes ?? '')?.[1];
  if (mode === undefined)
    return { name, state: 'unknown', detail: 'securityfs is not mounted or not readable: the mechanisms below tell' };
  if (mode === 'none') return { name, state: 'ok', detail: 'off' };
  const confidential = mode === 'confidentiality';
  return {
    name,
    state: 'limited',
    detail: confidential ? 'confidentiality: BPF may not read kernel memory' : 'integrity',
    fix: 'Secure Boot turns it on: turn that off, or use hooks that are ok below',
  };
}

function tracefsCheck(host: Host, tracefs: string | undefined): Check {
  const name = 'tracefs';
  if (tracefs !== undefined) {
    const own = tracefs.startsWith('/proc/self/fd/');
    return { name, state: 'ok', detail: own ? 'mounted for this process alone' : tracefs };
  }
  const fix =
    host.uid === 0
      ? 'mount -t tracefs tracefs /sys/kernel/tracing'
      : 'run as root, or give CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH';
  return { name, state: 'limited', detail: 'cannot be read, so that tracepoint: hooks cannot be attached', fix };
}

async function clang(host: Host): Promise<Check> {
  const name = 'clang';
  const path = findClang(host);
  const ran = path === undefined ? undefined : await host.run(path, ['--version'], { timeoutMs: 10_000 });
  const version = /version ([0-9]+)(\S*)/.exec(ran?.stdout ?? '');
  const fix = 'Debian, Ubuntu: apt-get install clang; Fedora: dnf install clang; or set PROBEPIPE_CLANG';
  if (path === undefined) return { name, state: 'missing', detail: 'is not on PATH', fix, needed: true };
  if (version === null)
    return { name, state: 'missing', detail: `${path} does not tell its version`, fix, needed: true };
  const detail = `${version[1]}${version[2]} (${path})`;
  return Number(version[1]) >= 14
    ? { name, state: 'ok', detail }
    : { name, state: 'limited', detail, fix: 'use clang 14 or newer' };
}

function nativeAddon(addon: NativeAddon | undefined): Check {
  const name = 'libbpf';
  if (addon !== undefined) return { name, state: 'ok', detail: addon.libbpfVersion };
  return {
    name,
    state: 'missing',
    detail: 'the native addon over it is not built',
    fix: 'scripts/setup installs what it needs, and scripts/build builds it',
    needed: true,
  };
}

function binaryReader(): Check {
  const name = 'libdw';
  const reader = loadBinaryReader();
  if (typeof reader !== 'string') return { name, state: 'ok', detail: 'reads debug information of programs' };
  return {
    name,
    state: 'limited',
    detail: reader,
    fix: 'scripts/setup installs what it needs, and scripts/build builds it',
  };
}

function cache(host: Host): Check {
  const name = 'cache';
  const folder = cacheFolder(host);
  if (folder === undefined)
    return {
      name,
      state: 'limited',
      detail: 'neither HOME nor XDG_CACHE_HOME is set: each start compiles',
      fix: 'set HOME',
    };
  const stat = host.stat(folder);
  if (stat === undefined) return { name, state: 'ok', detail: `${folder} (empty)` };
  if (stat.uid !== host.uid || (stat.mode & 0o022) !== 0)
    return {
      name,
      state: 'limited',
      detail: `${folder} belongs to user ${stat.uid}, or others may write it: it is not used`,
      fix: `remove it, or chown it to user ${host.uid} and chmod go-w`,
    };
  const sizes = host.readDirectory(folder).map((each) => host.stat(`${folder}/${each}`)?.size ?? 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return { name, state: 'ok', detail: `${folder}: ${sizes.length} entries, ${(total / 1024 / 1024).toFixed(1)} MiB` };
}

function jit(host: Host): Check {
  const name = 'JIT';
  const value = text(host, '/proc/sys/net/core/bpf_jit_enable');
  // Kernels with CONFIG_BPF_JIT_ALWAYS_ON have it on and no interpreter.
  if (value === undefined) return { name, state: 'unknown', detail: 'net.core.bpf_jit_enable is for root to read' };
  if (value !== '0') return { name, state: 'ok', detail: 'programs are compiled to machine code' };
  return {
    name,
    state: 'limited',
    detail: 'programs are interpreted, which costs several times as much',
    fix: 'sysctl -w net.core.bpf_jit_enable=1',
  };
}

/** Documentation/admin-guide/sysctl/kernel.rst */
function settings(host: Host): Check[] {
  const read = (name: string): string | undefined => text(host, `/proc/sys/kernel/${name}`);
  const kptr = read('kptr_restrict');
  const paranoid = read('perf_event_paranoid');
  const unprivileged = read('unprivileged_bpf_disabled');
  const told = (name: string, value: string | undefined, meaning: string): Check => ({
    name,
    state: value === undefined ? 'unknown' : 'ok',
    detail: value === undefined ? 'cannot be read' : `${value}: ${meaning}`,
  });
  return [
    kptr === '2'
      ? {
          name: 'kptr_restrict',
          state: 'limited',
          detail: '2: the kernel hides its addresses from everyone, so that kernel stacks have no names',
          fix: 'sysctl -w kernel.kptr_restrict=1',
        }
      : told('kptr_restrict', kptr, 'root sees the kernel’s addresses'),
    told('perf_event_paranoid', paranoid, 'means nothing to root or with CAP_PERFMON'),
    told(
      'unprivileged_bpf_disabled',
      unprivileged,
      unprivileged === '0'
        ? 'anyone may load some programs; this tool needs privileges all the same'
        : 'BPF is for the privileged',
    ),
  ];
}
