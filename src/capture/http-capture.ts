/**
 * From captured bytes to a pipeline's own programs: records of the capture ring become exchanges, and each exchange a message that every probe of its side is run with. What the programs do with it (filter, count, emit) is
 * as with any other hook.
 */
import type { CaptureCounterName, HttpManifest, Manifest, ProbeManifest } from '../compile/manifest.js';
import type { CaptureLedger } from '../events/ledger.js';
import type { NativeAddon, NativeMap } from '../runtime/native-addon.js';
import { CapturedRecord } from './captured-records.js';
import { Connections, type LookUp } from './connections.js';
import { type HttpMessage, httpValue } from './http-values.js';
import { MessageWriter } from './message-writer.js';
import { matches, processFacts } from './processes.js';
import type { TlsLibraries } from './tls-libraries.js';

interface Receiver {
  readonly options: HttpManifest;
  readonly writer: MessageWriter<HttpMessage>;
}

const lookMs = 100;
const sweepMs = 10_000;
/** A program maps its libraries one after another. */
const mappedMs = 20;

export class HttpCapture {
  readonly #record = new CapturedRecord();
  readonly #receivers: readonly Receiver[];
  readonly #connections: Connections;
  readonly #timers: NodeJS.Timeout[];
  /** Processes that have mapped code since their libraries were looked at. */
  readonly #mapped = new Set<number>();

  /** `run` runs a program of the pipeline's with messages at these addresses. */
  constructor(
    manifest: Manifest,
    addon: NativeAddon,
    connections: NativeMap,
    run: (program: string, contexts: Uint8Array) => void,
  ) {
    this.#receivers = manifest.probes.flatMap((probe) => receiverOf(probe, addon, run) ?? []);
    this.#connections = new Connections((message) => this.#tell(message), lookUpIn(connections));
    this.#timers = [
      setInterval(() => this.#then(() => this.#connections.look()), lookMs),
      setInterval(() => this.#then(() => this.#connections.sweep(Number(process.hrtime.bigint()))), sweepMs),
    ];
  }

  /** `counters`: what the kernel's side lost. */
  ledger(counters: Readonly<Record<CaptureCounterName, bigint>> | undefined): CaptureLedger {
    const { blind, size } = this.#connections;
    return { ringFull: counters?.ringFull ?? 0n, blind, open: size };
  }

  /** Records in `[start, end)`; they are gone when this returns. */
  take(memory: ArrayBuffer, start: number, end: number): void {
    this.#then(() => {
      for (const record of this.#record.each(memory, start, end)) {
        if (record.kind === 'code') this.#mapped.add(record.process);
        else this.#connections.take(record);
      }
    });
  }

  /** Probes the TLS libraries of all processes, and from now on those of processes that map code. */
  watch(libraries: TlsLibraries): void {
    libraries.look();
    this.#timers.push(
      setInterval(() => {
        for (const process of this.#mapped) libraries.lookAt(process);
        this.#mapped.clear();
      }, mappedMs),
    );
  }

  /** The last look at what is under way. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#then(() => this.#connections.look());
  }

  #then(work: () => void): void {
    work();
    for (const { writer } of this.#receivers) writer.flush();
  }

  #tell(message: HttpMessage): void {
    for (const { options, writer } of this.#receivers) if (wants(options, message)) writer.write(message);
  }
}

function receiverOf(
  { groups, http: options }: ProbeManifest,
  addon: NativeAddon,
  run: (program: string, contexts: Uint8Array) => void,
): Receiver | undefined {
  const program = groups[0]?.alternatives[0]?.programs[0];
  if (options === undefined || program?.message === undefined) return undefined;
  const { size, slots } = program.message;
  const slotValue = (name: string) => httpValue(name, options);
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

/** Offsets in `struct capture_connection`. */
const at = { moved: 16, movedAt: 32 } as const;

function lookUpIn(map: NativeMap): LookUp {
  return (key) => {
    const value = map.lookup(key);
    if (value === undefined) return undefined;
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const number = (offset: number): number => Number(view.getBigUint64(offset, true));
    return {
      received: { moved: number(at.moved), time: number(at.movedAt) },
      sent: { moved: number(at.moved + 8), time: number(at.movedAt + 8) },
    };
  };
}
