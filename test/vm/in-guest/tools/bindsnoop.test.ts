/** pipelines/bindsnoop.yaml beside libbpf-tools' bindsnoop: the same sockets with the same options and errors. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { Answering } from '../../../support/tcp-connections.js';
import { beside, timeout } from './beside.js';

/** A TCP server for each family, a UDP socket that may share its port, and a port that is taken. */
async function load(): Promise<void> {
  const four = await Answering.at('127.0.0.1');
  const six = await Answering.at('::1');
  const udp = createSocket({ type: 'udp4', reuseAddr: true });
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const second = createServer();
  second.listen(four.port, '127.0.0.1');
  await new Promise((resolve) => second.once('error', resolve));
  udp.close();
  await Promise.all([four.close(), six.close()]);
}

// The original reads bit-fields that Linux 6.6 has replaced: its programs do not load there.
const old = process.env.PROBEPIPE_GUEST_RELEASE?.startsWith('6.1.') === true;

it('bindsnoop tells what the load did, and what the original tells where it loads', { timeout }, async () => {
  const originals = old ? [{ options: ['-x'], ready: /PID/ }] : [];
  const { ours, theirs } = await beside('bindsnoop', ['failed=true'], originals, load);
  expect(ours.map(({ pid, protocol, error, addr, reuseaddr }) => ({ pid, protocol, error, addr, reuseaddr }))).toEqual([
    { pid: process.pid, protocol: 'tcp', error: null, addr: '127.0.0.1', reuseaddr: true },
    { pid: process.pid, protocol: 'tcp', error: null, addr: '::1', reuseaddr: true },
    { pid: process.pid, protocol: 'udp', error: null, addr: '127.0.0.1', reuseaddr: true },
    // The kernel has taken the address back.
    { pid: process.pid, protocol: 'tcp', error: 'EADDRINUSE', addr: '0.0.0.0', reuseaddr: true },
  ]);
  if (!old) return;
  const letters = (event: Record<string, unknown>) =>
    [
      event.freebind ? 'F' : '.',
      event.transparent ? 'T' : '.',
      event.no_port ? 'N' : '.',
      event.reuseaddr ? 'R' : '.',
      event.reuseport ? 'r' : '.',
    ].join('');
  // PID COMM RET PROTO OPTS IF PORT ADDR
  expect(
    ours.map((event) =>
      [
        event.pid,
        event.comm,
        event.error === 'EADDRINUSE' ? -98 : 0,
        String(event.protocol).toUpperCase(),
        letters(event),
        event.interface,
        event.port,
        event.addr,
      ].join(' '),
    ),
  ).toEqual((theirs[0] ?? []).filter(([pid]) => pid !== 'PID').map((line) => line.join(' ')));
});
