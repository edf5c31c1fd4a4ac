/** What a real client and a real server of HTTP/2 (Node's, which are nghttp2's) say to each other on loopback, as the system calls of a proxy between them see it. */
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createNetServer, connect as netConnect, type Server } from 'node:net';
import type { Call } from './captured-stream.js';

export async function recordHttp2(
  serve: (stream: ServerHttp2Stream, headers: Readonly<Record<string, string | string[] | undefined>>) => void,
  talk: (client: ClientHttp2Session) => Promise<void>,
  settings: { readonly headerTableSize?: number } = {},
): Promise<Call[]> {
  const calls: Call[] = [];
  const server = createServer({ settings });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    serve(stream, headers);
  });
  const port = await listen(server);
  const proxy = createNetServer((from) => {
    const to = netConnect(port, '127.0.0.1');
    from.on('data', (bytes) => {
      calls.push({ direction: 'received', bytes });
      to.write(bytes);
    });
    to.on('data', (bytes) => {
      calls.push({ direction: 'sent', bytes });
      from.write(bytes);
    });
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
  const client = connect(`http://127.0.0.1:${await listen(proxy)}`, { settings });
  try {
    await talk(client);
  } finally {
    client.destroy();
    proxy.close();
    server.close();
  }
  return calls;
}

async function listen(server: Pick<Server, 'listen' | 'address'>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return portOf(server.address());
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** One request, and its response to the end. */
export async function ask(
  client: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<void> {
  const stream = client.request(headers);
  stream.end(body);
  stream.resume();
  await new Promise<void>((resolve) => {
    stream.on('close', () => resolve());
    stream.on('error', () => resolve());
  });
}
