/** pipelines/tcpsynbl.yaml beside libbpf-tools' tcpsynbl: the same histogram for each limit. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { Answering } from '../../../support/tcp-connections.js';
import { asSlots, beside, slots, timeout } from './beside.js';

/** All connect before this process comes to accept the first. */
async function burst(port: number, host: string): Promise<void> {
  const sockets = new Array(6).fill(0).map(() => connect(port, host));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.end();
  await Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
}

it('tcpsynbl draws the histograms of the original', { timeout }, async () => {
  const [four, six, both] = [
    await Answering.at('127.0.0.1', 7),
    await Answering.at('::1', 8),
    await Answering.at('::', 9),
  ];
  const originals = [{ options: [], ready: /Tracing/ }];
  const { ours, theirs } = await beside('tcpsynbl', [], originals, async () => {
    await burst(four.port, '127.0.0.1');
    await burst(six.port, '::1');
    await burst(both.port, '127.0.0.1');
    await Promise.all([four, six, both].map((server) => server.close()));
  });
  const [lines = []] = theirs;
  const of = (limit: number) => {
    const from = lines.findIndex(([name, , value]) => name === 'backlog_max' && value === `${limit}`);
    const rest = lines.slice(from + 1);
    const to = rest.findIndex(([name]) => name === 'backlog_max');
    return slots(to < 0 ? rest : rest.slice(0, to));
  };
  const own = (limit: number) => asSlots(ours.find((row) => row.limit === limit)?.waiting);
  const waiting = [
    [0, 2],
    [2, 2],
    [4, 2],
  ];
  for (const limit of [7, 8]) {
    expect(own(limit)).toEqual(of(limit));
    expect(own(limit)).toEqual(waiting);
  }
  // An IPv6 socket that is reached over IPv4: the kernel's function for IPv6 calls that for IPv4, and the original counts in both.
  expect(own(9)).toEqual(waiting);
  expect(of(9)).toEqual(waiting.map(([ge, count = 0]) => [ge, 2 * count]));
});
