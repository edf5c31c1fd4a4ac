/** A server's program as a child of the test: started, stopped, killed and started again at the same port and with the same data, and gone with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';

export class RealServer {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #address: string;
  #child: ChildProcess | undefined;
  #said = '';

  /** `address`: a URL that the server answers well once it is up. */
  constructor(program: string, args: readonly string[], address: string) {
    this.#program = program;
    this.#args = args;
    this.#address = address;
    onTestFinished(() => this.kill());
  }

  async start(): Promise<void> {
    const child = spawn(this.#program, this.#args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-10_000);
    });
    while (!(await this.#up())) {
      if (child.exitCode !== null) throw new Error(`${this.#program} ended: ${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** It takes connections, and never answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** At once, as `kill -9` does. Harmless for one that is not there. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async #up(): Promise<boolean> {
    return fetch(this.#address).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}
