/** One pipeline of a run: compiled, its sinks opened, attached, its events handed on, and at the end accounted for. */

import type { HttpCapture } from '../capture/http-capture.js';
import type { Bundle, MapManifest, SinkManifest } from '../compile/manifest.js';
import { type Diagnostic, hasErrors, type StageResult } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import { EventReader } from '../events/event-batch.js';
import type { MapFill, ProbeLedger, RunCosts, RunLedger } from '../events/ledger.js';
import { MapReader, type MapSnapshot } from '../events/map-snapshot.js';
import { StackTable } from '../events/stack-table.js';
import { namesCode } from '../events/symbol-functions.js';
import { resolveOptions } from '../language/environment.js';
import { mapTraits } from '../language/map-kinds.js';
import { probesLeft } from '../runtime/choose-alternatives.js';
import type { MapEntries, NativeAddon } from '../runtime/native-addon.js';
import type { RegisteredPipeline } from '../runtime/run-registry.js';
import { Session, type SessionEnd } from '../runtime/session.js';
import { emptyAddress } from '../sinks/empty-address.js';
import { createSink } from '../sinks/registry.js';
import type { RunReadings, Sink } from '../sinks/sink.js';
import { SinkError } from '../sinks/sink-error.js';
import { choiceLines } from './choice-lines.js';
import { EventLimit } from './event-limit.js';
import { FollowedClock } from './followed-clock.js';
import { pipelineBundle } from './pipeline-bundle.js';
import { readPipelineFile } from './read-source.js';
import type { RunEnvironment } from './run-environment.js';
import { sinkOptionTexts } from './sink-option-texts.js';

/** What the kernel's side of a ledger is made of; how much is in progress is told at the end. */
type LedgerFigures = Pick<SessionEnd, 'counters' | 'missed' | 'givenUp' | 'ranMs' | 'programs'> &
  Partial<Pick<SessionEnd, 'inProgress'>>;

/** How long sinks may take to deliver what waits when the run ends. */
const closeDeadlineMs = 5_000;
/** How long sinks may take to deliver before it is said that they are waited for. */
const patienceMs = 500;
/** Events that may wait in a sink while a snapshot goes on. */
const mostWaiting = 20_000;
const waitingLookMs = 5;

export class RunningPipeline {
  private session: Session | undefined;
  /** Counts no more, and is still attached. */
  private stopped: Session | undefined;
  private sinks: Sink[] = [];
  private readonly received = new Map<string, number>();
  private malformed = 0;
  private afterLimit = 0;
  private capture: HttpCapture | undefined;
  private stacks: StackTable | undefined;
  private snapshotOf: ((map: MapManifest, entries: MapEntries) => MapSnapshot | undefined) | undefined;
  /** Of each map when it was read last. */
  private readonly entries = new Map<string, number>();
  private readonly said = new Set<string>();
  failed = false;
  private taken: () => void = () => {};
  /** Resolves when all of its snapshots are taken, for a pipeline that has nothing else; else never. */
  readonly done = new Promise<void>((resolve) => {
    this.taken = resolve;
  });

  private constructor(
    /** As the user gave it. */
    readonly path: string,
    private readonly source: Source,
    private readonly bundle: Bundle,
    private readonly environment: RunEnvironment,
  ) {}

  static async prepare(path: string, environment: RunEnvironment): Promise<StageResult<RunningPipeline>> {
    const { host, runOptions, tracefs } = environment;
    const file = readPipelineFile(path, host);
    if (file.output === undefined) return { diagnostics: file.diagnostics };
    const options = {
      sets: runOptions.sets,
      scoped: runOptions.scope !== undefined,
      ...(tracefs === undefined ? {} : { tracefs }),
    };
    const compiled = await pipelineBundle(path, file.output, host, options);
    if (compiled.output === undefined) return { diagnostics: compiled.diagnostics };
    return {
      output: new RunningPipeline(path, file.output.source, compiled.output, environment),
      diagnostics: compiled.diagnostics,
    };
  }

  get name(): string {
    return this.bundle.manifest.name;
  }

  /** What its events and rows are called by on standard output. */
  get namesShown(): readonly string[] {
    const { probes, maps, sinks } = this.bundle.manifest;
    if (!sinks.some(({ kind }) => kind === 'stdout')) return [];
    return [...probes.filter(({ event }) => event !== undefined), ...maps].map(({ name }) => name);
  }

  get probeCount(): number {
    return probesLeft(this.bundle.manifest).length;
  }

  async start(addon: NativeAddon): Promise<readonly Diagnostic[]> {
    const { manifest } = this.bundle;
    const opened = await this.openSinks();
    if (hasErrors(opened)) return opened;
    const stacks = await this.openStacks();
    const reader = new EventReader(manifest, stacks);
    const mapReaders = new Map(manifest.maps.map((map) => [map.name, new MapReader(map, stacks)]));
    const cpus = addon.possibleCpus();
    const limit = new EventLimit(this.environment.runOptions.events);
    const clock = new FollowedClock(addon);
    this.snapshotOf = (map, entries) => {
      const clockOffset = addon.clockOffset();
      const time = process.hrtime.bigint() + clockOffset;
      return mapReaders.get(map.name)?.snapshot(entries, { cpus, clockOffset, time });
    };
    const { output, diagnostics } = Session.start(
      this.bundle,
      addon,
      {
        onBatch: (memory, start, end) => {
          const batch = reader.batch(memory, start, end, clock.offset);
          this.malformed += batch.malformed;
          for (const probe of manifest.probes) {
            const count = batch.countOf(probe);
            if (count > 0) this.received.set(probe.name, (this.received.get(probe.name) ?? 0) + count);
          }
          // Asked before the reader makes another batch, since they share their memory.
          const received = batch.total;
          const wantedEnd = limit.endOf(memory, start, end);
          const wanted = wantedEnd === end ? batch : reader.batch(memory, start, wantedEnd, clock.offset);
          this.afterLimit += received - wanted.total;
          if (wantedEnd > start) for (const sink of this.sinks) sink.accept(wanted);
          if (limit.reached) this.environment.stop.stop('');
        },
        onCaptured: (memory, start, end) => this.capture?.take(memory, start, end),
        onCaptureEnd: () => this.capture?.stop(),
        onSnapshot: (map, entries) => {
          this.entries.set(map.name, entries.count);
          const snapshot = this.snapshotOf?.(map, entries);
          if (snapshot !== undefined) for (const sink of this.sinks) sink.acceptSnapshot(snapshot);
        },
        onProblem: (message) => {
          this.failed = true;
          this.sayOnce(message, message);
        },
        onLimit: (message) => this.environment.io.err(`probepipe: ${message}\n`),
        ready: () => this.sinksReady(),
        room: () => this.roomInSinks(),
        onDone: () => this.taken(),
      },
      this.source,
      this.environment.runOptions.scope,
    );
    if (output === undefined) {
      await this.closeSinks(0);
      return diagnostics;
    }
    this.session = output;
    if (manifest.capture !== undefined) {
      const { openCapture } = await import('../capture/open-capture.js');
      const warn = (key: string, message: string): void => this.sayOnce(key, message);
      this.capture = openCapture(manifest, addon, output, this.environment.host, warn);
    }
    return diagnostics;
  }

  /** All of it is attached: from now on it counts. */
  begin(): void {
    this.session?.setRunning(true);
  }

  /** What happens from now on is no longer of the run. */
  end(): void {
    this.session?.setRunning(false);
  }

  /** For who looks at the runs of this host. */
  get registered(): RegisteredPipeline {
    const programs = this.session?.programCosts() ?? [];
    return {
      name: this.name,
      path: this.path,
      programs: programs.map(({ id, probe, program }) => ({ id, probe, program })),
    };
  }

  /** How each hook was caught that could have been in several ways. */
  choiceLines(): string[] {
    return this.session === undefined ? [] : choiceLines(this.session);
  }

  /** How many links are to be detached. */
  get attachedLinks(): number {
    return this.stopped?.attachedPrograms ?? 0;
  }

  /** Detaches what has finished. */
  detach(): void {
    this.stopped?.close();
    this.stopped = undefined;
  }

  /** Ends the counting and delivers; `undefined` where it never ran. Harmless for one that did not start. */
  async finish(): Promise<RunLedger | undefined> {
    const { session } = this;
    this.session = undefined;
    if (session === undefined) {
      await this.closeSinks(0);
      return undefined;
    }
    const end = await session.stop();
    this.stopped = session;
    await this.deliver();
    return {
      ...this.ledgerOf(session, end),
      evicted: end.evicted,
      unfollowed: end.unfollowed,
      ...(this.capture === undefined ? {} : { capture: this.capture.ledger(end.captureCounters) }),
    };
  }

  /** What happened so far; `undefined` before it starts and when it has ended. */
  ledgerNow(): RunLedger | undefined {
    const { session } = this;
    if (session === undefined) return undefined;
    const { givenUp, countingMs: ranMs } = session;
    const [counters, missed, programs] = [session.counters(), session.missed(), session.programCosts()];
    return {
      ...this.ledgerOf(session, { counters, missed, programs, givenUp, ranMs }),
      ...(this.capture === undefined ? {} : { capture: this.capture.ledger(session.captureCounters()) }),
    };
  }

  private costsOf(programs: SessionEnd['programs']): RunCosts {
    const { manifest } = this.bundle;
    const maps = manifest.maps.flatMap(({ name, maxEntries, kind }): MapFill[] => {
      const entries = this.entries.get(name);
      return entries === undefined || mapTraits[kind].array ? [] : [{ name, entries, maxEntries }];
    });
    return { programs, maps };
  }

  private ledgerOf(session: Session, figures: LedgerFigures): RunLedger {
    const { counters: all, missed, givenUp, inProgress, ranMs, programs } = figures;
    const { limited, limitedProbes } = session;
    const probes = this.bundle.manifest.probes.flatMap((probe): ProbeLedger[] => {
      const { name } = probe;
      const counters = all.get(name);
      if (counters === undefined) return [];
      const ofProbe = limitedProbes.get(name);
      return [
        {
          name,
          emits: probe.event !== undefined,
          counters,
          received: this.received.get(name) ?? 0,
          missed: missed.get(name) ?? 0n,
          givenUp: givenUp.get(name) ?? 0n,
          inProgress: inProgress?.get(name) ?? 0,
          ...(ofProbe === undefined ? {} : { limited: ofProbe }),
        },
      ];
    });
    return {
      probes,
      sinks: this.sinks.map((sink) => sink.ledger()),
      malformed: this.malformed,
      afterLimit: this.afterLimit,
      unkeptStacks: this.stacks?.unkept ?? 0,
      ...(limited === undefined ? {} : { limited }),
      ...(this.environment.runOptions.stats ? { costs: this.costsOf(programs) } : {}),
      durationMs: ranMs,
    };
  }

  private readonly readings: RunReadings = {
    readMap: async (name) => {
      const { session } = this;
      const map = this.bundle.manifest.maps.find((each) => each.name === name);
      if (session === undefined || map === undefined) return undefined;
      return this.snapshotOf?.(map, await session.readNow(map));
    },
    ledger: () => this.ledgerNow(),
    programTimes: () => this.session?.programTimes() ?? [],
  };

  /** Names of code are looked up only for pipelines that show some. */
  private async openStacks(): Promise<StackTable> {
    if (!namesCode(this.bundle.manifest)) return new StackTable();
    const { createSymbolizer } = await import('../symbols/symbolizer.js');
    const symbolizer = createSymbolizer(this.environment.host, ({ message }) => this.sayOnce(message, message));
    this.stacks = new StackTable(symbolizer);
    return this.stacks;
  }

  /** The reasons why a sink cannot be opened; empty when all are. */
  private async openSinks(): Promise<readonly Diagnostic[]> {
    const { runOptions, stop } = this.environment;
    const { manifest } = this.bundle;
    const context = {
      warn: (key: string, message: string) => this.sayOnce(key, message),
      stop: (reason: string) => stop.stop(reason),
    };
    const terminal = process.stdout.isTTY ? { columns: process.stdout.columns, rows: process.stdout.rows } : undefined;
    const unicode = /utf-?8/i.test(process.env.LC_ALL ?? process.env.LC_CTYPE ?? process.env.LANG ?? '');
    const resolved = resolveOptions(
      manifest.sinks.map((sink) => ({ ...sink, optionTexts: sinkOptionTexts(sink, this.source) })),
      this.environment.host,
    );
    if (resolved.output === undefined) return resolved.diagnostics;
    let opening: SinkManifest | undefined;
    try {
      for (const each of resolved.output) {
        opening = each;
        const off = emptyAddress(each);
        if (off !== undefined) {
          this.sayOnce(`off ${each.name}`, `the sink "${each.name}" is off: its "${off}" is empty`);
          continue;
        }
        const sink = await createSink(each, {
          manifest,
          context,
          readings: this.readings,
          stdout: {
            fd: 1,
            terminal,
            unicode,
            format: runOptions.format,
            live: runOptions.live ? { screen: this.environment.screen } : undefined,
          },
        });
        this.sinks.push(sink);
        await sink.open();
      }
      return [];
    } catch (error) {
      if (!(error instanceof SinkError)) throw error;
      await this.closeSinks(0);
      return [this.placed(error, opening)];
    }
  }

  /** At the option that is wrong, where it is told. */
  private placed({ diagnostic, option }: SinkError, sink: SinkManifest | undefined): Diagnostic {
    const place = option === undefined ? undefined : sink?.optionPlaces[option];
    return place === undefined ? diagnostic : { ...diagnostic, span: { source: this.source, ...place } };
  }

  private roomInSinks(): Promise<unknown> | undefined {
    const waits = this.sinks.flatMap((sink) => sink.room?.() ?? []);
    return waits.length === 0 ? undefined : Promise.all(waits);
  }

  /** Whether there are any. */
  reopenFiles(): boolean {
    const files = this.sinks.filter(({ reopen }) => reopen !== undefined);
    for (const file of files) file.reopen?.();
    return files.length > 0;
  }

  /** Resolves when no sink has so much waiting that a snapshot would make it drop events. */
  private async sinksReady(): Promise<void> {
    await this.roomInSinks();
    // Sinks that send to servers say themselves when they have no room: one that is away must not keep others waiting.
    const local = this.sinks.filter(({ room }) => room === undefined);
    while (this.session !== undefined && local.some((sink) => sink.ledger().waiting > mostWaiting)) {
      await new Promise((resolve) => setTimeout(resolve, waitingLookMs));
    }
  }

  /** Silence for as long as a server is away would look like a hang. */
  private async deliver(): Promise<void> {
    const { runOptions, io, stop } = this.environment;
    const open = new Set(this.sinks);
    const timer = setTimeout(() => {
      if (runOptions.quiet) return;
      stop.waitingWasTold();
      const names = [...open].map((sink) => sink.ledger().name).join(', ');
      io.err(`probepipe: waiting up to ${closeDeadlineMs / 1000} s for ${names}; Ctrl-C to stop at once\n`);
    }, patienceMs);
    const closing = this.sinks.map((sink) => sink.close(closeDeadlineMs).finally(() => open.delete(sink)));
    await Promise.all(closing).finally(() => clearTimeout(timer));
  }

  private async closeSinks(deadlineMs: number): Promise<void> {
    await Promise.all(this.sinks.map((sink) => sink.close(deadlineMs)));
  }

  private sayOnce(key: string, message: string): void {
    if (this.said.has(key)) return;
    this.said.add(key);
    this.environment.io.err(`probepipe: ${message}\n`);
  }
}
