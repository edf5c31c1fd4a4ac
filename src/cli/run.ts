/**
 * `probepipe run`: pipelines from file to events, until something ends them. Either all of them run or none is left loaded. Events go to the sinks, everything else to standard error; when it ends, every
 * sink is flushed, maps are shown a last time, and the ledger says where every event went.
 */
import { hasErrors } from '../diagnostics/diagnostic.js';
import { costLines } from '../events/costs.js';
import { failedSinks } from '../events/ledger.js';
import { ledgerJson, ledgerLines } from '../events/ledger-report.js';
import { loadAddon } from '../runtime/load-addon.js';
import { registerRun } from '../runtime/run-registry.js';
import { LiveScreen } from '../sinks/live-view.js';
import type { CommandInput, CommandIo, ExitCode } from './command.js';
import { setsByFile } from './param-sets.js';
import { missingPrivileges } from './privileges.js';
import { exitCodeOf, report } from './report.js';
import { RunCostsWatch } from './run-costs-watch.js';
import { type RunOptions, readRunOptions } from './run-options.js';
import { RunningPipeline } from './running-pipeline.js';
import { readScope } from './scope-options.js';
import { unwritableReason, writeStats } from './stats-file.js';
import { StopRequest } from './stop-request.js';
import { TracedCommand } from './traced-command.js';
import { tracefsOf } from './tracefs.js';

export async function run(input: CommandInput): Promise<ExitCode> {
  const { options, rest, host, io } = input;
  const parsed = readRunOptions(options);
  if ('wrong' in parsed) return refuse(parsed.wrong, io);
  const command = rest.length === 0 ? undefined : await TracedCommand.start(rest, host);
  if (command !== undefined && 'wrong' in command) return refuse(command.wrong, io);
  try {
    const unwritable = unwritableReason(parsed.runOptions.statsFile);
    if (unwritable !== undefined) return refuse(`--stats-file: ${unwritable}`, io);
    const scope = await readScope(options, command?.pid);
    if ('wrong' in scope) return refuse(scope.wrong, io);
    return await runPipelines(input, { ...parsed.runOptions, scope: scope.scope }, command);
  } finally {
    command?.stop();
  }
}

function refuse(wrong: string, io: CommandIo): ExitCode {
  io.err(`probepipe: ${wrong}\n`);
  return 2;
}

async function runPipelines(
  { operands, host, io }: CommandInput,
  runOptions: RunOptions,
  command: TracedCommand | undefined,
): Promise<ExitCode> {
  const started = performance.now();
  const loaded = loadAddon();
  const addon = loaded.output;
  const privilege = addon === undefined ? undefined : missingPrivileges(addon.capabilities());
  const stop = new StopRequest();
  const pipelines: RunningPipeline[] = [];
  let delivered = true;
  let watch: RunCostsWatch | undefined;
  let unregister = (): void => {};
  try {
    const tracefs = addon === undefined || privilege !== undefined ? undefined : tracefsOf(addon);
    const sets = await setsByFile(operands, runOptions.sets, host);
    if (hasErrors(sets.diagnostics)) {
      report(sets.diagnostics, io, runOptions.verbose);
      return exitCodeOf(sets.diagnostics);
    }
    const screen = runOptions.live ? liveScreen() : undefined;
    for (const path of operands) {
      const { output, diagnostics } = await RunningPipeline.prepare(path, {
        host,
        io,
        addon,
        tracefs,
        runOptions: { ...runOptions, sets: sets.of(path) },
        stop,
        screen,
      });
      // A pipeline that is wrong is told of before a host that cannot run it: the former can be mended anywhere.
      const all =
        output === undefined
          ? diagnostics
          : [...diagnostics, ...loaded.diagnostics, ...(privilege === undefined ? [] : [privilege])];
      if (!runOptions.quiet || hasErrors(all)) report(all, io, runOptions.verbose);
      if (output !== undefined) pipelines.push(output);
      if (output === undefined || addon === undefined || hasErrors(all)) return exitCodeOf(all);
    }
    if (addon === undefined) return 4;
    if (!runOptions.quiet) for (const line of sharedNames(pipelines)) io.err(`probepipe: ${line}\n`);
    for (const pipeline of pipelines) {
      const diagnostics = await pipeline.start(addon);
      if (!runOptions.quiet || hasErrors(diagnostics)) report(diagnostics, io, runOptions.verbose);
      if (hasErrors(diagnostics)) return exitCodeOf(diagnostics);
    }
    if (runOptions.stats) {
      const costs = RunCostsWatch.start(addon);
      if (costs.output === undefined) {
        report(costs.diagnostics, io, runOptions.verbose);
        return exitCodeOf(costs.diagnostics);
      }
      watch = costs.output;
    }
    for (const pipeline of pipelines) pipeline.begin();
    watch?.tellEach(runOptions.statsEveryMs, pipelines, runOptions.verbose, io);
    if (!runOptions.quiet) announce(pipelines, performance.now() - started, io);
    Promise.all(pipelines.map((each) => each.done)).then(() => stop.stop(''));
    stop.onReopen(() => pipelines.map((each) => each.reopenFiles()).includes(true));
    stop.after(runOptions.durationMs);
    command?.ended.then((how) => stop.stop(how === '' ? '' : `the command ended with ${how}`));
    command?.release();
    unregister = registerRun(pipelines.map(({ registered }) => registered));
    const reason = await stop.requested;
    if (!runOptions.quiet && reason !== '') io.err(`probepipe: ${reason}\n`);
  } finally {
    stop.dispose();
    for (const pipeline of pipelines) pipeline.end();
    watch?.quiet();
    delivered = await finish(pipelines, runOptions, io);
    watch?.stop();
    unregister();
  }
  return !delivered || pipelines.some((each) => each.failed) ? 1 : 0;
}

/** Events and rows carry the names of probes and maps, not of pipelines. */
function sharedNames(pipelines: readonly RunningPipeline[]): string[] {
  const owners = new Map<string, RunningPipeline>();
  return pipelines.flatMap((pipeline) =>
    pipeline.namesShown.flatMap((name) => {
      const other = owners.get(name);
      owners.set(name, pipeline);
      if (other === undefined) return [];
      return [
        `"${name}" is in ${other.path} and in ${pipeline.path}: nothing will tell the events of one from the other`,
      ];
    }),
  );
}

/** `undefined` where standard output is no terminal. */
function liveScreen(): LiveScreen | undefined {
  return process.stdout.isTTY ? new LiveScreen(process.stdout) : undefined;
}

/** Which way each probe took, and the line after which no event is missed. */
function announce(pipelines: readonly RunningPipeline[], milliseconds: number, io: CommandIo): void {
  let probes = 0;
  for (const pipeline of pipelines) {
    probes += pipeline.probeCount;
    for (const line of pipeline.choiceLines()) io.err(`${line}\n`);
  }
  io.err(`attached ${probes} probe${probes === 1 ? '' : 's'} in ${Math.round(milliseconds)} ms; Ctrl-C to stop\n`);
}

/** Whether every sink delivered anything of what it was offered, and the ledgers stand where they were asked for. */
async function finish(pipelines: readonly RunningPipeline[], options: RunOptions, io: CommandIo): Promise<boolean> {
  const ledgers: string[] = [];
  let delivered = true;
  for (const pipeline of pipelines) {
    const ledger = await pipeline.finish();
    if (ledger === undefined) continue;
    ledgers.push(ledgerJson(ledger, pipeline.name));
    if (failedSinks(ledger).length > 0) delivered = false;
    const heading = pipelines.length < 2 ? '' : `${pipeline.name} (${pipeline.path})\n`;
    if (!options.quiet) io.err(`\n${heading}${ledgerLines(ledger, io.columns).join('\n')}\n`);
    if (options.stats) io.err(`\n${costLines(ledger, { verbose: options.verbose, width: io.columns }).join('\n')}\n`);
  }
  const failure =
    options.statsFile === undefined || ledgers.length === 0 ? undefined : writeStats(options.statsFile, ledgers);
  if (failure !== undefined) io.err(`probepipe: ${failure}\n`);
  detach(pipelines, options, io);
  return delivered && failure === undefined;
}

/** Fewer are detached before anyone asks what is going on. */
const fewLinks = 50;

/** Last, since the kernel takes some ten milliseconds for each hook. */
function detach(pipelines: readonly RunningPipeline[], { quiet }: RunOptions, io: CommandIo): void {
  const links = pipelines.reduce((sum, each) => sum + each.attachedLinks, 0);
  if (!quiet && links > fewLinks) io.err(`detaching from ${links} hooks, which takes the kernel some seconds\n`);
  for (const pipeline of pipelines) pipeline.detach();
}
