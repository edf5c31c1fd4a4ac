/**
 * A pipeline while it runs: loaded, attached, its records handed on, its maps read in time, and at the end detached, drained and counted. Knows nothing of formats and sinks: whoever starts it gives functions
 * for batches and snapshots.
 */
import type { Bundle, MapManifest, ProbeManifest } from '../compile/manifest.js';
import { hasErrors, type StageResult } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import { mapTraits } from '../language/map-kinds.js';
import { type Attached, attachPipeline } from './attach-pipeline.js';
import { captureSwitch, connectionsMap } from './capture.js';
import type { Choice } from './choose-alternatives.js';
import {
  type ProbeCounters,
  type ProgramCost,
  type ProgramTime,
  readCaptureCounters,
  readCounters,
  readMissed,
  readProgramCosts,
  readProgramTimes,
} from './counters.js';
import type { LimitAccount } from './cpu-limit.js';
import { Evictions } from './evictions.js';
import { giveUpStarts } from './given-up-starts.js';
import { HeldRing } from './held-ring.js';
import { isLimited, LimitedSession, openAccount } from './limited-session.js';
import { type LoadedPipeline, loadPipeline } from './load-pipeline.js';
import { type AttachTarget, isNativeError, type MapEntries, type NativeAddon, type NativeMap } from './native-addon.js';
import { reasonOf } from './native-failure.js';
import { startsIn } from './pairs-in-progress.js';
import { type RunScope, unfollowed } from './scope.js';
import type { SessionHandlers } from './session-handlers.js';
import { Snapshots, stepOf } from './snapshots.js';

/** The data section that templates/bpf/counters.hbs declares. */
const runningSwitch = '.data.running';

export interface SessionEnd {
  readonly counters: ReadonlyMap<string, ProbeCounters>;
  readonly missed: ReadonlyMap<string, bigint>;
  /** When the counting ended: detaching is no part of what they cost. */
  readonly programs: readonly ProgramCost[];
  /** Starts given up after their ttl, by probe name. */
  readonly givenUp: ReadonlyMap<string, bigint>;
  /** Started and not ended when the run stopped, by probe name. */
  readonly inProgress: ReadonlyMap<string, number>;
  /** Entries that maps gave up to make room for newer ones, by the name of each map that evicts. */
  readonly evicted: ReadonlyMap<string, bigint>;
  /** What capturing lost, for a pipeline with a probe of a protocol. */
  readonly captureCounters: ReturnType<typeof readCaptureCounters>;
  /** How long the programs counted, in milliseconds. */
  readonly ranMs: number;
  /** Processes in the run's scope that could not be followed, since too many were at once. */
  readonly unfollowed: bigint;
}

export class Session {
  private events: HeldRing | undefined;
  private captured: HeldRing | undefined;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly reading = new Set<Promise<void>>();
  private readonly swept = new Map<string, bigint>();
  private readonly evictions: Evictions;
  /** The last reading of each map that is reset: one is through before the next begins. */
  private readonly turns = new Map<string, Promise<void>>();
  private attached: Attached = { links: [], hooks: [], iterators: [], refused: new Map(), diagnostics: [] };
  private account: { readonly release: () => void } | undefined;
  private limit: LimitedSession | undefined;
  private running = false;
  private ending = false;
  private began = 0;
  private ranMs = 0;
  private readonly snapshots = new Snapshots({
    drain: () => this.drain(),
    ready: () => this.handlers.ready(),
  });

  private constructor(
    private readonly loaded: LoadedPipeline,
    private readonly handlers: SessionHandlers,
  ) {
    this.evictions = new Evictions(loaded.object, loaded.bundle.manifest.maps);
  }

  /** Loads and attaches; nothing counts before `setRunning(true)`. On an error nothing stays in the kernel. */
  static start(
    bundle: Bundle,
    addon: NativeAddon,
    handlers: SessionHandlers,
    source?: Source,
    scope?: RunScope,
  ): StageResult<Session> {
    const { output: loaded, diagnostics } = loadPipeline(bundle, addon, source, scope);
    if (loaded === undefined) return { diagnostics };
    const account = isLimited(loaded) ? openAccount(addon) : undefined;
    if (account !== undefined && 'refused' in account) {
      loaded.object.close();
      return { diagnostics: [...diagnostics, account.refused] };
    }
    const session = new Session(loaded, handlers);
    session.openRings();
    const attached = attachPipeline(loaded, source);
    if (hasErrors(attached.diagnostics)) {
      session.events?.close();
      session.captured?.close();
      loaded.object.close();
      account?.release();
      return { diagnostics: [...diagnostics, ...attached.diagnostics] };
    }
    session.attached = attached;
    session.account = account;
    session.startTimers();
    return { output: session, diagnostics };
  }

  get choices(): readonly Choice[] {
    return this.loaded.choices;
  }

  /** Matches of patterns that the kernel refused when they were attached, by the label of what was chosen. */
  get refused(): Attached['refused'] {
    return this.attached.refused;
  }

  get attachedPrograms(): number {
    return this.attached.links.length;
  }

  counters(): ReadonlyMap<string, ProbeCounters> {
    return readCounters(this.loaded.bundle.manifest, this.loaded.object);
  }

  /** Missing where nothing is captured. */
  captureCounters(): ReturnType<typeof readCaptureCounters> {
    return readCaptureCounters(this.loaded.bundle.manifest, this.loaded.object);
  }

  missed(): ReadonlyMap<string, bigint> {
    return readMissed(this.loaded);
  }

  /** How the pipeline was kept to its limits; missing where it has none. */
  get limited(): LimitAccount | undefined {
    return this.limit?.account;
  }

  /** The same of probes with limits of their own, by name. */
  get limitedProbes(): ReadonlyMap<string, LimitAccount> {
    return this.limit?.accounts ?? new Map();
  }

  /** Starts given up so far, by probe name. */
  get givenUp(): ReadonlyMap<string, bigint> {
    return this.swept;
  }

  /** How long the programs have counted, in milliseconds. */
  get countingMs(): number {
    return this.running ? performance.now() - this.began : this.ranMs;
  }

  /** What the kernel tells of the programs that were loaded, by probe; all zero unless its statistics are on. */
  programTimes(): readonly ProgramTime[] {
    return readProgramTimes(this.loaded);
  }

  programCosts(): readonly ProgramCost[] {
    return readProgramCosts(this.loaded);
  }

  /**
   * A map as it is now, shown to nobody else; of one that is reset, what came since it was shown last. Not for queues and stacks, which a reading empties. Rejects with the `NativeError` of what could not
   * be read.
   */
  readNow(map: MapManifest): Promise<MapEntries> {
    const native = this.loaded.object.map(map.map);
    const read = async (): Promise<MapEntries> => {
      const entries = await (map.reset ? native.readInner() : native.readAll());
      if (this.loaded.bundle.manifest.stacks === true) this.drain();
      return entries;
    };
    const reading = map.reset ? this.inTurn(map, read) : read();
    this.whileRunning(reading.then(nothing, nothing));
    return reading;
  }

  /**
   * Ends the counting, reads what is left, and shows every map a last time. All stays attached until `close()`: hundreds of hooks take the kernel many seconds to detach, and what was counted need not wait
   * for that.
   */
  async stop(): Promise<SessionEnd> {
    const { bundle, object } = this.loaded;
    const { manifest } = bundle;
    for (const timer of this.timers) clearInterval(timer);
    this.limit?.stop();
    this.setRunning(false);
    this.snapshots.stop();
    const missed = readMissed(this.loaded);
    const programs = this.programCosts();
    object.settle();
    await Promise.allSettled(this.reading);
    this.drain();
    for (const map of manifest.maps) if (map.shown) await this.readMap(map, true);
    const inProgress = new Map<string, number>();
    for (const probe of manifest.probes) {
      if (probe.pairMap !== undefined) inProgress.set(probe.name, await startsIn(object.map(probe.pairMap), probe));
    }
    return {
      counters: this.counters(),
      missed,
      programs,
      givenUp: this.swept,
      inProgress,
      evicted: await this.evictions.count(),
      captureCounters: this.captureCounters(),
      ranMs: this.ranMs,
      unfollowed: manifest.scoped ? unfollowed(object) : 0n,
    };
  }

  /** Detaches and frees everything. */
  close(): void {
    this.account?.release();
    this.loaded.object.detachAll();
    this.events?.close();
    this.captured?.close();
    this.loaded.object.close();
  }

  /** All programs begin and end to count at these two moments, however long attaching and detaching them takes. */
  setRunning(on: boolean): void {
    if (on === this.running) return;
    if (!on) this.endCapture();
    this.running = on;
    this.switch(runningSwitch, on);
    if (on && this.captured !== undefined) this.switch(captureSwitch, true);
    if (on) {
      this.began = performance.now();
      if (this.account !== undefined) {
        const { release } = this.account;
        this.limit = new LimitedSession(this.loaded, this.attached.hooks, release, this.handlers.onLimit);
      }
      this.startSnapshots();
    } else this.ranMs = performance.now() - this.began;
  }

  private switch(section: string, on: boolean): void {
    const value = Buffer.alloc(4);
    value.writeUInt32LE(on ? 1 : 0);
    this.loaded.object.map(section).update(Buffer.alloc(4), value);
  }

  /** What the kernel keeps of each connection that is captured. */
  get connections(): NativeMap {
    return this.loaded.object.map(connectionsMap);
  }

  /** Attaches one more of the pipeline's programs; it is detached with the others. */
  attach(program: string, target: AttachTarget): void {
    this.loaded.object.attach(program, target);
  }

  /** Runs the program of a probe of a protocol, once for each message's address. */
  run(program: string, contexts: Uint8Array): void {
    this.loaded.object.run(program, contexts);
  }

  private openRings(): void {
    const { object, bundle } = this.loaded;
    const { ring, capture } = bundle.manifest;
    const room = () => this.handlers.room();
    if (ring !== undefined) this.events = new HeldRing(object, ring.map, { take: this.handlers.onBatch, room });
    if (capture !== undefined)
      this.captured = new HeldRing(object, capture.ring.map, {
        take: (memory, start, end) => {
          this.handlers.onCaptured?.(memory, start, end);
          // What many messages have emitted must not fill the other ring while this one is emptied.
          if (this.ending) this.drain();
        },
        room,
      });
  }

  /** Bytes stop being captured, and what was captured is told of while the programs still count. */
  private endCapture(): void {
    if (this.captured === undefined) return;
    this.ending = true;
    this.switch(captureSwitch, false);
    this.loaded.object.settle();
    this.captured.drain();
    this.handlers.onCaptureEnd?.();
  }

  /** Hands on all that is there, room or not: what tells stacks, and the last events of a run. */
  private drain(): void {
    this.events?.drain();
  }

  private startTimers(): void {
    const { manifest } = this.loaded.bundle;
    for (const map of manifest.maps) {
      if (map.everyNs === undefined || !map.shown) continue;
      this.repeat(Number(BigInt(map.everyNs) / 1_000_000n), () => this.readMap(map, false));
    }
    for (const probe of manifest.probes) {
      if (probe.ttlNs === undefined || probe.pairMap === undefined) continue;
      const ttlMs = Number(BigInt(probe.ttlNs) / 1_000_000n);
      this.repeat(Math.min(Math.max(ttlMs, 100), 60_000), () => this.sweep(probe));
    }
  }

  private startSnapshots(): void {
    const { iterators } = this.attached;
    const { probes, ring } = this.loaded.bundle.manifest;
    const first: Promise<void>[] = [];
    for (const { probe: name, link } of iterators) {
      const probe = probes.find((each) => each.name === name);
      const source = { link, step: stepOf(probe?.event?.layout.size ?? 0, ring?.bytes ?? 0) };
      const take = (): Promise<void> =>
        this.snapshots.take(source).catch((error: unknown) => this.snapshotFailed(name, error));
      first.push(this.whileRunning(take()));
      if (probe?.everyNs !== undefined) this.repeat(Number(BigInt(probe.everyNs) / 1_000_000n), take);
    }
    const programs = this.loaded.choices.reduce((sum, { chosen }) => sum + chosen.programs.length, 0);
    if (programs > iterators.length || probes.some((each) => each.everyNs !== undefined)) return;
    Promise.all(first).then(() => this.handlers.onDone());
  }

  private snapshotFailed(probe: string, error: unknown): void {
    if (!isNativeError(error)) throw error;
    this.handlers.onProblem(`the snapshot of the probe "${probe}" failed: ${reasonOf(error)}`);
  }

  private whileRunning(work: Promise<void>): Promise<void> {
    const done = work.finally(() => this.reading.delete(done));
    this.reading.add(done);
    return done;
  }

  /** One run of the work at a time: a slow one makes the next be left out, not pile up. */
  private repeat(periodMs: number, work: () => Promise<void>): void {
    let busy = false;
    const timer = setInterval(
      () => {
        if (busy) return;
        busy = true;
        this.whileRunning(
          work().finally(() => {
            busy = false;
          }),
        );
      },
      Math.max(1, periodMs),
    );
    this.timers.push(timer);
  }

  private inTurn<Result>(map: MapManifest, read: () => Promise<Result>): Promise<Result> {
    const before = this.turns.get(map.name) ?? Promise.resolve();
    const mine = before.then(read);
    this.turns.set(map.name, mine.then(nothing, nothing));
    return mine;
  }

  private readMap(map: MapManifest, final: boolean): Promise<void> {
    const show = () => this.showMap(map, final);
    return map.reset ? this.inTurn(map, show) : show();
  }

  private async showMap(map: MapManifest, final: boolean): Promise<void> {
    try {
      const native = this.loaded.object.map(map.map);
      const entries = map.reset ? await native.swapInnerAndRead() : await native.readAll();
      if (map.reset || mapTraits[map.kind].form === 'sequence') this.evictions.took(map, entries.count);
      // What tells the frames of the stacks that it names may still wait to be read.
      if (this.loaded.bundle.manifest.stacks === true && !final) this.drain();
      this.handlers.onSnapshot(map, entries, final);
    } catch (error) {
      this.handlers.onProblem(
        `the map "${map.name}" could not be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  private async sweep(probe: ProbeManifest): Promise<void> {
    const swept = await giveUpStarts(this.loaded.object, probe);
    if (swept > 0n) this.swept.set(probe.name, (this.swept.get(probe.name) ?? 0n) + swept);
  }
}

const nothing = (): void => {};
