/** TCP connections over loopback whose ends and bytes are known: the load under which pipelines and the originals are compared. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

export interface Exchange {
  readonly sent: number;
  readonly answered: number;
}

export async function listening(host: string, backlog?: number): Promise<{ server: Server; port: number }> {
  // The server ends its side only when it has the whole request and has answered.
  const server = createServer({ allowHalfOpen: true });
  server.listen({ port: 0, host, backlog });
  await once(server, 'listening');
  return { server, port: portOf(server.address()) };
}

function portOf(address: AddressInfo | string | null): number {
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has a port');
  return address.port;
}

/** Connections one after another, each of which sends, is answered, and ends before the next; their server's port. */
export async function connections(host: string, count: number, { sent, answered }: Exchange): Promise<number> {
  const { server, port } = await listening(host);
  server.on('connection', (socket) => {
    socket.on('end', () => socket.end(Buffer.alloc(answered)));
    socket.resume();
  });
  for (let made = 0; made < count; made++) {
    const socket = connect(port, host);
    socket.end(Buffer.alloc(sent));
    socket.resume();
    await once(socket, 'close');
  }
  server.close();
  await once(server, 'close');
  return port;
}

/** A connection to a port at which nobody listens. */
export async function refused(host: string, port: number): Promise<void> {
  const socket = connect(port, host);
  await new Promise((resolve) => socket.once('error', resolve));
}
