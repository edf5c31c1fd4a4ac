/** pipelines/tcpconnlat.yaml beside libbpf-tools' tcpconnlat: the same connections, after as long. */
import { expect, it } from 'vitest';
import { Answering, refused } from '../../../support/tcp-connections.js';
import { beside, timeout } from './beside.js';

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

it('tcpconnlat tells what the original tells', { timeout }, async () => {
  const servers = [await Answering.at('127.0.0.1'), await Answering.at('::1')];
  const ports = servers.map(({ port }) => port);
  const originals = [{ options: ['-L'], ready: /PID/ }];
  const { ours, theirs, stderr } = await beside('tcpconnlat', [], originals, async () => {
    for (const server of servers) await server.exchanges(5, { sent: 10, answered: 10 });
    await Promise.all(servers.map((server) => server.close()));
    for (const { host } of servers) await refused(host, ports[0] ?? 0);
  });
  expect(stderr).toContain('connect (end): fentry:tcp_rcv_state_process');
  // PID COMM IP SADDR LPORT DADDR DPORT LAT(ms); COMM has twelve characters.
  const lines = (theirs[0] ?? []).filter(([pid]) => pid !== 'PID');
  expect(
    ours.map(({ pid, comm, laddr, lport, raddr, rport }) =>
      [pid, String(comm).slice(0, 12), laddr, lport, raddr, rport].join(' '),
    ),
  ).toEqual(
    lines.map(([pid, comm, , laddr, lport, raddr, rport]) => [pid, comm, laddr, lport, raddr, rport].join(' ')),
  );
  expect(ours).toHaveLength(2 * (5 + 1));
  // One takes its time after the other, in the same calls.
  const bucket = (microseconds: number) => Math.floor(Math.log2(microseconds));
  const own = bucket(median(ours.map(({ duration }) => Number(duration) / 1000)));
  expect(Math.abs(own - bucket(median(lines.map((line) => Number(line[7]) * 1000))))).toBeLessThanOrEqual(1);
});
