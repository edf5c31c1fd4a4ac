/**
 * A few TCP connections to 127.0.0.1, to three ports of its own, so that a first run of tcp-connect has something to show.
 * node loopback-connections.js PID: ends after twelve seconds, or as soon as its parent is no longer the process of that id.
 */
import { connect, createServer } from 'node:net';

const parent = Number(process.argv[2]);
const endAt = performance.now() + 12_000;

const listen = () =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end('hello\n'));
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

const servers = await Promise.all([listen(), listen(), listen()]);
const ports = servers.map((server) => server.address().port);

// One, two and three in six: the counts by port then differ.
const turns = [0, 1, 1, 2, 2, 2];
let turn = 0;
const timer = setInterval(() => {
  if (process.ppid !== parent || performance.now() > endAt) {
    clearInterval(timer);
    for (const server of servers) server.close();
    return;
  }
  const socket = connect(ports[turns[turn % turns.length]], '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  turn += 1;
}, 200);
