/** TCP connections over loopback whose ends and bytes are known: the load under which pipelines and the originals are compared. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Exchange {
  readonly sent: number;
  readonly answered: number;
}

/** A server that answers each request when it is whole, and ends its connections after their clients. */
export class Answering {
  private constructor(
    readonly host: string,
    private readonly server: Server,
    private exchange: Exchange = { sent: 0, answered: 0 },
  ) {}

  static async at(host: string, backlog?: number): Promise<Answering> {
    const server = createServer({ allowHalfOpen: true });
    server.listen({ port: 0, host, backlog });
    await once(server, 'listening');
    const answering = new Answering(host, server);
    server.on('connection', (socket) => answering.serve(socket));
    return answering;
  }

  get port(): number {
    const address = this.server.address();
    if (typeof address !== 'object' || address === null) throw new Error('a TCP server has a port');
    return address.port;
  }

  private serve(socket: Socket): void {
    const { sent, answered } = this.exchange;
    let missing = sent;
    socket.on('data', (part) => {
      missing -= part.length;
      if (missing === 0) socket.write(Buffer.alloc(answered));
    });
    socket.on('end', () => socket.end());
  }

  /** Connections one after another: each sends, reads the whole answer, and is closed, first here and then at the server. */
  async exchanges(count: number, exchange: Exchange): Promise<void> {
    this.exchange = exchange;
    for (let made = 0; made < count; made++) {
      const socket = connect(this.port, this.host);
      socket.write(Buffer.alloc(exchange.sent));
      let missing = exchange.answered;
      socket.on('data', (part) => {
        missing -= part.length;
        if (missing === 0) socket.end();
      });
      await once(socket, 'close');
    }
  }

  async close(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Exchanges with a server that is there for them alone; its port. */
export async function connections(host: string, count: number, exchange: Exchange): Promise<number> {
  const server = await Answering.at(host);
  const { port } = server;
  await server.exchanges(count, exchange);
  await server.close();
  return port;
}

/** A connection to a port at which nobody listens. */
export async function refused(host: string, port: number): Promise<void> {
  const socket = connect(port, host);
  await new Promise((resolve) => socket.once('error', resolve));
}
