/** pipelines/tcpconnect.yaml beside libbpf-tools' tcpconnect: the same connections with their ports, and the same counts. */
import { expect, it } from 'vitest';
import { Answering, refused } from '../../../support/tcp-connections.js';
import { beside, timeout } from './beside.js';

const exchange = { sent: 10, answered: 10 };

it('tcpconnect tells what the original tells, and counts as it counts', { timeout }, async () => {
  const servers = [await Answering.at('127.0.0.1'), await Answering.at('::1')];
  const ports = servers.map(({ port }) => port);
  const originals = [
    { options: ['-s', '-U'], ready: /PID/ },
    { options: ['-c'], ready: 4 },
  ];
  const { ours, theirs, stderr } = await beside('tcpconnect', [], originals, async () => {
    for (const server of servers) await server.exchanges(3, exchange);
    await Promise.all(servers.map((server) => server.close()));
    for (const { host } of servers) await refused(host, ports[0] ?? 0);
  });
  expect(stderr).toContain('connect: kprobe+kretprobe:tcp_{v4,v6}_connect');
  const [events = [], counts = []] = theirs;
  const connects = ours.filter(({ probe }) => probe === 'connect');
  // UID PID COMM IP SADDR DADDR SPORT DPORT
  expect(
    connects.map((event) =>
      [event.uid, event.pid, event.comm, event.laddr, event.raddr, event.lport, event.rport].join(' '),
    ),
  ).toEqual(
    events
      .filter(([uid]) => uid === '0')
      .map(([uid, pid, comm, , laddr, raddr, lport, rport]) => [uid, pid, comm, laddr, raddr, lport, rport].join(' ')),
  );
  // What was refused had been begun.
  expect(connects).toHaveLength(8);
  const rows = ours.filter(({ map }) => map === 'connects');
  // LADDR RADDR RPORT CONNECTS
  expect(rows.map(({ laddr, raddr, rport, count }) => [laddr, raddr, rport, count].join(' ')).sort()).toEqual(
    counts
      .filter((line) => line.length === 4 && line[0] !== 'LADDR')
      .map((line) => line.join(' '))
      .sort(),
  );
  expect(rows).toContainEqual(expect.objectContaining({ laddr: '127.0.0.1', rport: ports[0], count: 4 }));
});
