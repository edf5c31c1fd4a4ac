/** pipelines/tcptracer.yaml beside libbpf-tools' tcptracer: the same connections opened, accepted and closed, by the same processes. */
import { expect, it } from 'vitest';
import { Answering, refused } from '../../../support/tcp-connections.js';
import { beside, timeout } from './beside.js';

it('tcptracer tells what the original tells', { timeout }, async () => {
  const servers = [await Answering.at('127.0.0.1'), await Answering.at('::1')];
  const ports = servers.map(({ port }) => port);
  const originals = [{ options: ['-U'], ready: /PID/ }];
  const { ours, theirs, stderr } = await beside('tcptracer', [], originals, async () => {
    for (const server of servers) await server.exchanges(3, { sent: 10, answered: 10 });
    await Promise.all(servers.map((server) => server.close()));
    await refused('127.0.0.1', ports[0] ?? 0);
  });
  expect(stderr).toContain('accept: fexit:inet_csk_accept');
  const letters: Readonly<Record<string, string>> = { connect: 'C', accept: 'A', close: 'X' };
  // UID T PID COMM IP SADDR DADDR SPORT DPORT; COMM has twelve characters.
  const lines = (theirs[0] ?? []).filter(([uid]) => uid === '0');
  expect(
    ours
      .map(({ probe, uid, pid, comm, laddr, raddr, lport, rport }) =>
        [uid, letters[String(probe)], pid, String(comm).slice(0, 12), laddr, raddr, lport, rport].join(' '),
      )
      .sort(),
  ).toEqual(
    lines
      .map(([uid, type, pid, comm, , laddr, raddr, lport, rport]) =>
        [uid, type, pid, comm, laddr, raddr, lport, rport].join(' '),
      )
      .sort(),
  );
  const count = (probe: string) => ours.filter((event) => event.probe === probe).length;
  // What was refused is closed, too.
  expect([count('connect'), count('accept'), count('close')]).toEqual([6, 6, 13]);
});
