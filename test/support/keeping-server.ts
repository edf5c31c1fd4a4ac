/** An HTTP server in a process of its own, which can be stopped and killed, and keeps the lines of every body that it said it has taken; of protobuf a line of base64. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const program = `
const { createServer } = require('node:http');
const { gunzipSync } = require('node:zlib');
const { appendFileSync } = require('node:fs');
const [path, port] = process.argv.slice(1);
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = gunzipSync(Buffer.concat(chunks));
    const isText = request.headers['content-type'] !== 'application/x-protobuf';
    appendFileSync(path, isText ? body : body.toString('base64') + '\\n');
    response.writeHead(204).end();
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
`;

export class KeepingServer {
  /** The same one after a kill. */
  port = 0;
  readonly #path: string;
  #child: ChildProcess | undefined;

  /** The file where the lines are kept. */
  constructor(path: string) {
    this.#path = path;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, ['-e', program, this.#path, String(this.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.port = await new Promise((resolve) => child.stdout.once('data', (text) => resolve(Number(String(text)))));
  }

  /** It takes connections, and never answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  close(): Promise<void> {
    return this.kill();
  }

  /** A body that was being written when the server was killed has no last line. */
  lines(): string[] {
    if (!existsSync(this.#path)) return [];
    const text = readFileSync(this.#path, 'utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1);
  }
}
