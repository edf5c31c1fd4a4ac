/** `--pid`, `--comm`, `--cgroup`, `--container`, `--children` and `-- COMMAND` → whose hits the run counts. */
import { existsSync, readFileSync } from 'node:fs';
import { findCgroup, findContainer } from '../runtime/cgroups.js';
import type { RunScope } from '../runtime/scope.js';
import type { ParsedOptions } from './command.js';

/** How many bytes the kernel keeps of a task's name. */
const largestComm = 15;

/** `undefined` where nothing limits the run; `command` is the process that waits to become the command. */
export async function readScope(
  options: ParsedOptions,
  command: number | undefined,
): Promise<{ scope: RunScope | undefined } | { wrong: string }> {
  const processes = readProcesses(options.texts('pid'));
  if ('wrong' in processes) return processes;
  const pids = command === undefined ? processes.pids : [...processes.pids, command];
  const followChildren = options.flag('children') || command !== undefined;
  if (followChildren && pids.length === 0) return { wrong: '--children goes with --pid' };
  const comm = options.text('comm');
  if (comm !== undefined && (comm === '' || Buffer.byteLength(comm) > largestComm))
    return {
      wrong: `--comm takes a task's name, of which the kernel keeps ${largestComm} bytes: "${Buffer.from(comm).subarray(0, largestComm).toString()}"`,
    };
  const cgroup = await readCgroup(options);
  if ('wrong' in cgroup) return cgroup;
  const scope: RunScope = {
    ...(pids.length === 0 ? {} : { processes: pids, followChildren }),
    ...(comm === undefined ? {} : { comm }),
    ...cgroup,
  };
  return { scope: Object.keys(scope).length === 0 ? undefined : scope };
}

function readProcesses(texts: readonly string[]): { pids: readonly number[] } | { wrong: string } {
  const pids: number[] = [];
  for (const text of texts.flatMap((each) => each.split(','))) {
    const pid = /^[1-9][0-9]{0,6}$/.test(text) ? Number(text) : undefined;
    if (pid === undefined) return { wrong: `--pid takes process ids such as 1234 or 1234,5678, not "${text}"` };
    if (!existsSync(`/proc/${pid}`)) return { wrong: `there is no process ${pid}` };
    pids.push(processOf(pid));
  }
  return { pids };
}

/** The process that a thread belongs to. */
function processOf(pid: number): number {
  try {
    return Number(/^Tgid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? pid);
  } catch {
    // It has just ended: nothing of it will be seen.
    return pid;
  }
}

async function readCgroup(options: ParsedOptions): Promise<Pick<RunScope, 'cgroup'> | { wrong: string }> {
  const [cgroup, container] = [options.text('cgroup'), options.text('container')];
  if (cgroup === undefined && container === undefined) return {};
  if (cgroup !== undefined && container !== undefined) return { wrong: 'give --cgroup or --container, not both' };
  const found = cgroup === undefined ? findContainer(container ?? '') : findCgroup(cgroup);
  return 'wrong' in found ? found : { cgroup: { id: found.cgroup.id, level: found.cgroup.level } };
}
