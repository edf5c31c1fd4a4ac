/** `probepipe top`: what the probes of all runs on this host cost, or every BPF program of the kernel, measured again and again. Exit code 4 without CAP_SYS_ADMIN. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';
import { loadAddon } from '../runtime/load-addon.js';
import { isNativeError, type KernelProgram, type NativeAddon } from '../runtime/native-addon.js';
import { reasonOf } from '../runtime/native-failure.js';
import { programOwners } from '../runtime/program-owners.js';
import { registeredRuns } from '../runtime/run-registry.js';
import type { CommandInput, CommandIo, ExitCode } from './command.js';
import { milliseconds } from './option-values.js';
import { exitCodeOf, report } from './report.js';
import { StopRequest } from './stop-request.js';
import { type Interval, probeLines, probeRows, programLines, programRows } from './top-table.js';

interface TopOptions {
  readonly all: boolean;
  readonly once: boolean;
  readonly json: boolean;
  readonly intervalMs: number;
}

export async function top({ options, io }: CommandInput): Promise<ExitCode> {
  const format = options.text('format') ?? 'text';
  const interval = options.text('interval') ?? '1s';
  const intervalMs = milliseconds(interval);
  const wrong =
    format !== 'text' && format !== 'json'
      ? `--format takes text or json, not "${format}"`
      : intervalMs === undefined || intervalMs < 100 || intervalMs > 3_600_000
        ? `--interval takes a time from 100ms to 1h, such as 1s or 10s, not "${interval}"`
        : undefined;
  if (wrong !== undefined || intervalMs === undefined) {
    io.err(`probepipe: ${wrong}\n`);
    return 2;
  }
  const { output: addon, diagnostics } = loadAddon();
  if (addon === undefined) {
    report(diagnostics, io, false);
    return exitCodeOf(diagnostics);
  }
  const wanted = { all: options.flag('all'), once: options.flag('once'), json: format === 'json', intervalMs };
  try {
    const release = addon.enableStatistics();
    await watch(addon, wanted, io).finally(release);
    return 0;
  } catch (error) {
    if (!isNativeError(error)) throw error;
    report([refusal(error.attempted, reasonOf(error))], io, false);
    return 4;
  }
}

function refusal(attempted: string, reason: string): Diagnostic {
  return diagnostic('privilege', `cannot ${attempted}: ${reason}`, undefined, {
    hints: ['top reads the account of all BPF programs, which needs CAP_SYS_ADMIN: run it with sudo'],
  });
}

async function watch(addon: NativeAddon, options: TopOptions, io: CommandIo): Promise<void> {
  const stop = new StopRequest();
  const stopped = stop.requested.then(() => true);
  // Whoever reads it has left (`| head`), or the disk is full, which main.ts tells of.
  process.stdout.once('error', () => stop.stop(''));
  const screen = new Screen(io, !options.once && !options.json);
  try {
    let before = readingOf(addon);
    for (;;) {
      const ended = await Promise.race([stopped, passed(options.intervalMs)]);
      if (ended) return;
      const now = readingOf(addon);
      show({ before: before.programs, now: now.programs, durationMs: now.at - before.at }, options, io, screen);
      if (options.once) return;
      before = now;
    }
  } finally {
    stop.dispose();
  }
}

const passed = (ms: number): Promise<boolean> => new Promise((resolve) => setTimeout(() => resolve(false), ms));

const readingOf = (addon: NativeAddon): { readonly at: number; readonly programs: readonly KernelProgram[] } => ({
  at: performance.now(),
  programs: addon.allPrograms(),
});

function show(interval: Interval, { all, json }: TopOptions, io: CommandIo, screen: Screen): void {
  const seconds = interval.durationMs / 1000;
  const width = process.stdout.columns ?? io.columns;
  const runs = registeredRuns();
  const shown = (key: string, rows: readonly object[], lines: readonly string[], none: string): void => {
    if (json) io.out(`${JSON.stringify({ seconds: Number(seconds.toFixed(3)), [key]: rows })}\n`);
    else screen.draw(rows.length === 0 ? [none] : lines);
  };
  if (all) {
    const rows = programRows(interval, runs, programOwners());
    shown('programs', rows, programLines(rows, seconds, width), 'the kernel holds no BPF programs');
  } else {
    const rows = probeRows(interval, runs);
    const none = 'no run of probepipe on this host; --all shows all BPF programs';
    shown('probes', rows, probeLines(rows, seconds, width), none);
  }
}

/** Lines that take the place of those before, on a terminal; elsewhere they follow them, with an empty line between. */
class Screen {
  private drawn = 0;

  constructor(
    private readonly io: CommandIo,
    private readonly redrawn: boolean,
  ) {}

  draw(lines: readonly string[]): void {
    const inPlace = this.redrawn && process.stdout.isTTY;
    // What scrolled out at the top could not be drawn over.
    const shown = inPlace ? lines.slice(0, Math.max(2, process.stdout.rows - 1)) : lines;
    const before = this.drawn === 0 ? '' : inPlace ? `\x1b[${this.drawn}F\x1b[J` : '\n';
    this.io.out(`${before}${shown.join('\n')}\n`);
    this.drawn = shown.length;
  }
}
