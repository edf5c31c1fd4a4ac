/**
 * Which BPF programs belong to which run: each run writes a file under `/run/probepipe` when it is attached, and takes it away when it ends, so that `probepipe top` can name pipelines and probes, of
 * which the kernel knows 15 bytes of a program's name. A run that was killed leaves its file: its process is told from a later one of the same number by the moment when it began.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

export interface RegisteredPipeline {
  readonly name: string;
  readonly path: string;
  readonly programs: readonly { readonly id: number; readonly probe: string; readonly program: string }[];
}

export interface RegisteredRun {
  readonly pid: number;
  readonly startTime: string;
  readonly pipelines: readonly RegisteredPipeline[];
}

const usualFolder = '/run/probepipe';

/** Gives what takes the file away. Where it cannot be written the run goes on unnamed: it is for others to look at. */
export function registerRun(pipelines: readonly RegisteredPipeline[], folder = usualFolder): () => void {
  const { pid } = process;
  const path = `${folder}/${pid}.json`;
  const run: RegisteredRun = { pid, startTime: startTimeOf(pid) ?? '', pipelines };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    // Whole or not at all for whoever reads it meanwhile.
    writeFileSync(`${path}.new`, JSON.stringify(run), { mode: 0o644 });
    renameSync(`${path}.new`, path);
  } catch {
    return () => {};
  }
  return () => rmSync(path, { force: true });
}

/** Those whose process is still there. */
export function registeredRuns(folder = usualFolder): readonly RegisteredRun[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+\.json$/.test(name))
    .flatMap((name) => readRun(`${folder}/${name}`) ?? [])
    .filter(({ pid, startTime }) => startTimeOf(pid) === startTime);
}

function readRun(path: string): RegisteredRun | undefined {
  try {
    const run: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isRun(run) ? run : undefined;
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

function isRun(run: unknown): run is RegisteredRun {
  return (
    typeof run === 'object' &&
    run !== null &&
    'pid' in run &&
    'startTime' in run &&
    'pipelines' in run &&
    Array.isArray(run.pipelines) &&
    run.pipelines.every((each) => Array.isArray(each?.programs))
  );
}

/** The 22nd field of /proc/PID/stat: ticks between the boot and the process' beginning; `undefined` for none of that number. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command may hold spaces and parentheses; the fields behind it begin with the third.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
