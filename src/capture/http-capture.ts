/**
 * From captured bytes to a pipeline's own programs: records of the capture ring become exchanges, and each exchange a message that every probe of its side is run with. What the programs do with it (filter, count, emit) is
 * as with any other hook.
 */
import type { CaptureCounterName, HttpManifest } from '../compile/capture-manifest.js';
import type { Manifest, ProbeManifest } from '../compile/manifest.js';
import type { CaptureLedger } from '../events/ledger.js';
import { probesLeft } from '../runtime/choose-alternatives.js';
import type { NativeAddon, NativeMap } from '../runtime/native-addon.js';
import { CapturedRecord } from './captured-records.js';
import { lookUpIn } from './connection-map.js';
import { Connections } from './connections.js';
import { type HttpMessage, httpValue } from './http-values.js';
import { MessageWriter } from './message-writer.js';
import { matches, processFacts } from './processes.js';
import { SpanLinks } from './span-links.js';
import type { TlsLibraries } from './tls-libraries.js';

interface Receiver {
  readonly options: HttpManifest;
  readonly writer: MessageWriter<HttpMessage>;
}

const lookMs = 100;
const sweepMs = 10_000;
/** A program maps its libraries one after another, each before it can be found; on a busy machine that takes a while. */
const mappedMs = 20;
/** Looks after which all of them are mapped. */
const mappedForSure = 50;

export class HttpCapture {
  readonly #record = new CapturedRecord();
  readonly #receivers: readonly Receiver[];
  readonly #connections: Connections;
  readonly #timers: NodeJS.Timeout[];
  /** Processes that map files, and how many looks ago they last did. */
  readonly #mapping = new Map<number, number>();
  readonly #propagates: boolean;
  #libraries: TlsLibraries | undefined;
  #looking: NodeJS.Timeout | undefined;

  /** `run` runs a program of the pipeline's with messages at these addresses. */
  constructor(
    manifest: Manifest,
    addon: NativeAddon,
    connections: NativeMap,
    run: (program: string, contexts: Uint8Array) => void,
  ) {
    const probes = probesLeft(manifest);
    this.#propagates = manifest.capture?.propagates === true;
    const linked = new Set(
      probes.flatMap((probe) => (probe.http !== undefined && asksForSpan(probe) ? [probe.http.role] : [])),
    );
    const links = new SpanLinks(linked);
    this.#receivers = probes.flatMap((probe) => receiverOf(probe, addon, run, links) ?? []);
    this.#connections = new Connections(
      (message) => this.#tell(message),
      lookUpIn(connections),
      linked.size === 2 ? links : undefined,
    );
    this.#timers = [
      setInterval(() => this.#then(() => this.#connections.look()), lookMs),
      setInterval(() => this.#then(() => this.#connections.sweep(Number(process.hrtime.bigint()))), sweepMs),
    ];
  }

  /** `counters`: what the kernel's side lost. */
  ledger(counters: Readonly<Record<CaptureCounterName, bigint>> | undefined): CaptureLedger {
    const { blind, size } = this.#connections;
    const unseen = { io_uring: Number(counters?.ioUring ?? 0n), quic: Number(counters?.quic ?? 0n) };
    return {
      ringFull: counters?.ringFull ?? 0n,
      blind: { ...blind, ...unseen },
      open: size,
      ...(this.#propagates ? { propagated: propagatedOf(counters) } : {}),
    };
  }

  /** Records in `[start, end)`; they are gone when this returns. */
  take(memory: ArrayBuffer, start: number, end: number): void {
    this.#then(() => {
      const now = performance.now();
      this.#record.each(memory, start, end, (record) => {
        if (record.kind === 'code') this.#maps(record.process);
        else this.#connections.take(record, now);
      });
    });
  }

  /** Probes the TLS libraries of all processes, and from now on those of processes that map files. */
  watch(libraries: TlsLibraries): void {
    libraries.look();
    this.#libraries = libraries;
  }

  /** The last look at what is under way. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    clearInterval(this.#looking);
    this.#then(() => this.#connections.look());
  }

  #maps(process: number): void {
    if (this.#libraries === undefined) return;
    this.#mapping.set(process, 0);
    this.#looking ??= setInterval(() => this.#lookAtMapping(), mappedMs);
  }

  /** At once, since it may use them soon, and once more when it has had the time to map all of them. */
  #lookAtMapping(): void {
    for (const [process, ago] of this.#mapping) {
      if (ago === 0 || ago === mappedForSure) this.#libraries?.lookAt(process);
      if (ago === mappedForSure) this.#mapping.delete(process);
      else this.#mapping.set(process, ago + 1);
    }
    if (this.#mapping.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  #then(work: () => void): void {
    work();
    for (const { writer } of this.#receivers) writer.flush();
  }

  #tell(message: HttpMessage): void {
    for (const { options, writer } of this.#receivers) if (wants(options, message)) writer.write(message);
  }
}

function propagatedOf(
  counters: Readonly<Record<CaptureCounterName, bigint>> | undefined,
): Readonly<Record<string, bigint>> {
  const of = (name: CaptureCounterName): bigint => counters?.[name] ?? 0n;
  return {
    injected: of('injected'),
    had_traceparent: of('hadParent'),
    no_room: of('noRoom'),
    split_head: of('splitHeads'),
    no_request: of('noRequests'),
    unclear_end: of('unclearEnds'),
    no_place: of('noPlace'),
  };
}

/** Its spans can be others' parents. */
const asksForSpan = ({ groups }: ProbeManifest): boolean =>
  groups[0]?.alternatives[0]?.programs[0]?.message?.slots.some(({ name }) => name === 'span_id') === true;

function receiverOf(
  { groups, http: options }: ProbeManifest,
  addon: NativeAddon,
  run: (program: string, contexts: Uint8Array) => void,
  links: SpanLinks,
): Receiver | undefined {
  const program = groups[0]?.alternatives[0]?.programs[0];
  if (options === undefined || program?.message === undefined) return undefined;
  const { size, slots } = program.message;
  const slotValue = (name: string) => httpValue(name, options, links);
  const writer = new MessageWriter(addon, size, slots, slotValue, (contexts) => run(program.program, contexts));
  return { options, writer };
}

/** The kernel leaves out what no probe of the pipeline wants; here each probe gets its own. */
function wants(options: HttpManifest, { exchange, connection }: HttpMessage): boolean {
  if (exchange.side !== options.role) return false;
  const { ports, processes, comms, executables, cgroups } = options;
  const port = (exchange.side === 'server' ? connection.local : connection.remote).port;
  if (ports !== undefined && !ports.includes(port)) return false;
  if (processes !== undefined && !processes.includes(connection.process)) return false;
  if (comms !== undefined && !comms.includes(connection.comm)) return false;
  if (executables === undefined && cgroups === undefined) return true;
  const { exe, cgroup } = processFacts(connection.process);
  if (cgroups?.some((each) => `${cgroup}/`.startsWith(each.endsWith('/') ? each : `${each}/`)) === false) return false;
  return executables === undefined || executables.some((each) => matches(each, exe));
}
