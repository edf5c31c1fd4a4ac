/** pipelines/solisten.yaml beside libbpf-tools' solisten: the same sockets with the same limits. */
import { expect, it } from 'vitest';
import { Answering } from '../../../support/tcp-connections.js';
import { beside, timeout } from './beside.js';

it('solisten tells what the original tells', { timeout }, async () => {
  const originals = [{ options: [], ready: /PID/ }];
  const { ours, theirs } = await beside('solisten', [], originals, async () => {
    for (const [host, backlog] of [
      ['127.0.0.1', 12],
      ['::1', 13],
      ['::', 511],
    ] as const)
      await (await Answering.at(host, backlog)).close();
  });
  // PID COMM RET BACKLOG PROTO PORT ADDR
  // Of IPv6 addresses the original reads the first four bytes alone.
  const shown = (addr: unknown) => (addr === '::1' ? '::' : addr);
  expect(
    ours.map(({ pid, comm, error, backlog, protocol, port, addr }) =>
      [pid, comm, error ?? 0, backlog, protocol, port, shown(addr)].join(' '),
    ),
  ).toEqual((theirs[0] ?? []).filter(([pid]) => pid !== 'PID').map((line) => line.join(' ')));
  expect(ours.map(({ backlog, protocol, addr }) => [backlog, protocol, addr])).toEqual([
    [12, 'TCPv4', '127.0.0.1'],
    [13, 'TCPv6', '::1'],
    [511, 'TCPv6', '::'],
  ]);
});
