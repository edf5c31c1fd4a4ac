/** The programs that capture connections' bytes (templates/bpf/capture-*.hbs): what they are told before they are loaded, and how they are attached. */
import type { HttpManifest } from '../compile/capture-manifest.js';
import type { Manifest } from '../compile/manifest.js';
import { diagnostic, type StageResult } from '../diagnostics/diagnostic.js';
import { type Cgroup, findCgroup, rootCgroup } from './cgroups.js';
import { probesLeft } from './choose-alternatives.js';
import type { AttachTarget, NativeAddon, NativeLink, NativeObject } from './native-addon.js';

/** Programs that capture what sockets move, in the order in which they are attached: the beginnings of connections first. */
export function captureProgramsFor(manifest: Manifest, addon: NativeAddon): readonly string[] {
  const wanted = probesLeft(manifest).flatMap(({ http }) => http ?? []);
  if (wanted.length === 0) return [];
  const tls = wanted.some((each) => each.tls);
  const atSockets = addon.probeAttach({ kind: 'tp_btf', name: 'sock_send_length' }) === undefined;
  return [
    // What sockets send is looked at before the first of them is there.
    ...(manifest.capture?.propagates === true ? propagatePrograms : []),
    'capture_connecting',
    ...(tls ? ['capture_executing'] : []),
    ...(tls && atSockets ? ['capture_mapping'] : []),
    // It costs every system call of the machine: servers' answers count from when the kernel has taken them.
    ...(wanted.some(({ role }) => role === 'client') ? ['capture_sending'] : []),
    ...(atSockets ? ['capture_received', 'capture_sent'] : ['capture_returning']),
  ];
}
/** They put a traceparent into requests. */
export const propagatePrograms = ['propagate_sending', 'propagate_connected'] as const;
/** Attached to each TLS library that is found (capture/tls-libraries.ts). */
export const tlsPrograms = [
  'capture_tls_calling',
  'capture_tls_returned',
  'capture_tls_freeing',
  'capture_go_calling',
  'capture_go_returned',
  'capture_go_closing',
] as const;
function targetOf(program: string): AttachTarget {
  if (program === 'propagate_sending') return { kind: 'sockets', map: 'propagating_sockets' };
  if (program === 'propagate_connected') return { kind: 'cgroup', path: rootCgroup() ?? '/sys/fs/cgroup' };
  return { kind: 'section' };
}

export const captureSwitch = '.data.capturing';
export const connectionsMap = 'capture_connections';

const section = '.rodata.capture';
const propagateSection = '.rodata.propagate';
/** Offsets in `capture_wanted`, and how many of each list there is room for. */
const at = {
  requestHead: 0,
  responseHead: 4,
  frames: 8,
  roles: 12,
  ports: 13,
  processes: 14,
  comms: 15,
  cgroups: 16,
  tls: 17,
  port: 24,
  process: 56,
  comm: 120,
  cgroup: 376,
  level: 504,
  size: 568,
} as const;
const most = 16;
const framesWindow = 65_536;
const commBytes = 16;
const roleBits = { server: 1, client: 2 } as const;

/** Before load: what at least one probe wants, in those of its cgroups that `findWantedCgroups` gave. */
export function tellCapture(object: NativeObject, manifest: Manifest, cgroups: readonly Cgroup[]): void {
  const wanted = probesLeft(manifest).flatMap(({ http }) => http ?? []);
  object.setInitialValue(section, 0, wantedBytes(wanted, cgroups));
  if (manifest.capture?.propagates !== true) return;
  const changed = wanted.filter(({ propagate }) => propagate);
  // One that went away in the meantime holds no process, and lets none through.
  const theirs = changed.flatMap((each) => each.cgroups ?? []).map(findCgroup);
  const found = theirs.map((each) => ('cgroup' in each ? each.cgroup : { path: '', id: 0n, level: 0 }));
  object.setInitialValue(propagateSection, 0, wantedBytes(changed, found));
}

/** Refused: cgroups that are not there, since a filter that holds nothing must not let all through. */
export function findWantedCgroups(manifest: Manifest): StageResult<readonly Cgroup[]> {
  const asked = probesLeft(manifest).flatMap(({ http }) => http ?? []);
  const found = union(asked.map(({ cgroups }) => cgroups)).map(findCgroup);
  const ofPropagate = asked.flatMap(({ propagate, cgroups = [] }) => (propagate ? cgroups.map(findCgroup) : []));
  const wrong = [...found, ...ofPropagate].flatMap((each) => ('wrong' in each ? [each.wrong] : []));
  if (wrong.length > 0)
    return {
      diagnostics: wrong.map((each) =>
        diagnostic('bad-value', each, undefined, { hints: ['it stands in "cgroups" of a probe\u2019s "http"'] }),
      ),
    };
  return { output: found.flatMap((each) => ('cgroup' in each ? [each.cgroup] : [])), diagnostics: [] };
}

function wantedBytes(wanted: readonly HttpManifest[], cgroups: readonly Cgroup[]): Uint8Array {
  const bytes = Buffer.alloc(at.size);
  bytes.writeUInt32LE(Math.max(0, ...wanted.map((each) => each.requestHead)), at.requestHead);
  bytes.writeUInt32LE(Math.max(0, ...wanted.map((each) => each.responseHead)), at.responseHead);
  bytes.writeUInt32LE(framesWindow, at.frames);
  bytes[at.roles] = wanted.reduce((bits, { role }) => bits | roleBits[role], 0);
  bytes[at.tls] = wanted.some(({ tls }) => tls) ? 1 : 0;
  const ports = union(wanted.map((each) => each.ports));
  const processes = union(wanted.map((each) => each.processes));
  const comms = union(wanted.map((each) => each.comms));
  bytes[at.ports] = ports.length;
  bytes[at.processes] = processes.length;
  bytes[at.comms] = comms.length;
  bytes[at.cgroups] = cgroups.length;
  for (const [index, port] of ports.entries()) bytes.writeUInt16LE(port, at.port + index * 2);
  for (const [index, process] of processes.entries()) bytes.writeUInt32LE(process, at.process + index * 4);
  for (const [index, comm] of comms.entries())
    bytes.write(comm.slice(0, commBytes - 1), at.comm + index * commBytes, 'latin1');
  for (const [index, { id, level }] of cgroups.entries()) {
    bytes.writeBigUInt64LE(id, at.cgroup + index * 8);
    bytes.writeUInt32LE(level, at.level + index * 4);
  }
  return bytes;
}

/** Empty where one of them wants all, or where there are more than the kernel looks through: user space filters then. */
function union<Value>(lists: readonly (readonly Value[] | undefined)[]): Value[] {
  if (lists.includes(undefined)) return [];
  const values = [...new Set(lists.flatMap((each) => each ?? []))];
  return values.length > most ? [] : values;
}

/** Into `links`, one after another; throws the `NativeError` of the first that is refused. */
export function attachCapture(object: NativeObject, programs: readonly string[], links: NativeLink[]): void {
  for (const program of programs) links.push(object.attach(program, targetOf(program)));
}
