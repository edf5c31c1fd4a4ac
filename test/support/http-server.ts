/** A real HTTP server whose behaviour a test decides request by request. */

import { execFileSync } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';

export interface Received {
  readonly text: string;
  /** What `text` is of. */
  readonly body: Uint8Array;
  readonly headers: IncomingMessage['headers'];
  readonly url: string;
}

export type Answer = (response: ServerResponse, request: Received, index: number) => void;

export class ScriptedServer {
  readonly requests: Received[] = [];
  /** Texts of the requests that were answered with success. */
  readonly taken: string[] = [];
  readonly #server: Server;
  /** Requests that are being answered at this moment, and the most there were. */
  underWay = 0;
  mostUnderWay = 0;
  port = 0;

  constructor(answer: Answer) {
    this.#server = createServer((request, response) => {
      this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
      response.once('close', () => this.underWay--);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const sent = Buffer.concat(chunks);
        const body = decoded(sent, request.headers['content-encoding']);
        const received = { text: body.toString(), body, headers: request.headers, url: request.url ?? '' };
        this.requests.push(received);
        answer(response, received, this.requests.length - 1);
      });
    });
  }

  /** On a free port, or on one that was known before. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    return `http://127.0.0.1:${this.port}`;
  }

  take(response: ServerResponse, request: Received): void {
    this.taken.push(request.text);
    response.writeHead(204).end();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Zstandard by its own program. */
function decoded(sent: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'zstd') return execFileSync('zstd', ['-dc'], { input: sent });
  return encoding === 'gzip' ? gunzipSync(sent) : sent;
}
