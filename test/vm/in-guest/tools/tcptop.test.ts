/** pipelines/tcptop.yaml beside libbpf-tools' tcptop: the same bytes each way for each end of each connection. */
import { expect, it } from 'vitest';
import { Answering } from '../../../support/tcp-connections.js';
import { beside, timeout } from './beside.js';

it('tcptop tells what the original tells', { timeout }, async () => {
  const servers = [await Answering.at('127.0.0.1'), await Answering.at('::1')];
  const ports = servers.map(({ port }) => port);
  // Its one interval is ended by the signal.
  const originals = [{ options: ['-C', '-S', '-r', '1000', '1000'], ready: 2 }];
  const { ours, theirs, stderr } = await beside('tcptop', [], originals, async () => {
    for (const server of servers) await server.exchanges(3, { sent: 40 * 1024, answered: 300 * 1024 });
    await Promise.all(servers.map((server) => server.close()));
  });
  expect(stderr).toContain('send: fentry:tcp_sendmsg');
  const sums = new Map<string, { received: number; sent: number }>();
  for (const row of ours.filter(({ lport, rport }) => ports.includes(Number(lport)) || ports.includes(Number(rport)))) {
    const key = `${row.pid} ${String(row.comm).slice(0, 12)} ${row.laddr}:${row.lport} ${row.raddr}:${row.rport}`;
    const { received, sent } = sums.get(key) ?? { received: 0, sent: 0 };
    sums.set(key, { received: received + Number(row.received), sent: sent + Number(row.sent) });
  }
  // PID COMM LADDR RADDR RX_KB TX_KB
  const lines = (theirs[0] ?? []).filter((line) =>
    ports.some((port) => line.slice(2, 4).join(' ').includes(`:${port}`)),
  );
  expect([...sums].map(([key, { received, sent }]) => `${key} ${received / 1024} ${sent / 1024}`).sort()).toEqual(
    lines.map((line) => line.join(' ')).sort(),
  );
  expect(sums.size).toBe(2 * 3 * 2);
});
