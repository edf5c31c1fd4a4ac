/** `-- COMMAND ARG...`: a process that waits until every probe is attached, and then becomes the command. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import type { Host } from '../host.js';

/** The shell waits for a line on its fourth descriptor, closes it, and is replaced by the command. */
const waiting = 'read -r go <&3 && exec 3<&- && exec "$@"';

export class TracedCommand {
  /** Resolves when it has ended, with how: `exit status 1`, `SIGSEGV`; empty for success. */
  readonly ended: Promise<string>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly gate: Writable,
    readonly pid: number,
  ) {
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) =>
        resolve(code === 0 ? '' : code === null ? `${signal}` : `exit status ${code}`),
      );
    });
  }

  static async start(command: readonly string[], host: Host): Promise<TracedCommand | { wrong: string }> {
    const [name = ''] = command;
    if (name.includes('/') ? host.stat(name)?.kind !== 'file' : host.findProgram(name) === undefined)
      return { wrong: name.includes('/') ? `there is no program "${name}"` : `there is no program "${name}" on PATH` };
    const child = spawn('/bin/sh', ['-c', waiting, 'sh', ...command], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    });
    const gate = child.stdio[3];
    const { pid } = child;
    if (pid === undefined || gate === null || gate === undefined || !('write' in gate))
      return { wrong: `"${name}" could not be started` };
    // Where it was ended before, there is nobody to tell.
    gate.on('error', () => {});
    return new TracedCommand(child, gate, pid);
  }

  release(): void {
    this.gate.end('go\n');
  }

  /** Ends it where it still runs. One that was never released ends by its closed gate. */
  stop(): void {
    this.gate.destroy();
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(constants.signals.SIGTERM);
  }
}
