/**
 * The pipelines of TCP whose originals need kprobes: what they tell by tracepoints and system calls, where kernels lack kprobes or are
 * locked down, must be what the load did. Where there are kprobes they take these, and must tell the same; beside the originals they
 * run in the guests.
 */
import { describe, expect, it } from 'vitest';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';
import { Answering, refused } from '../support/tcp-connections.js';

const hosts = ['127.0.0.1', '::1'];
const exchange = { sent: 40_000, answered: 300_000 };
const each = 3;

interface Seen {
  readonly ports: readonly number[];
  readonly rows: readonly Record<string, unknown>[];
}

/** What a pipeline says of exchanges with two servers, and of what was refused when they had gone. */
async function seen(name: string, ...params: readonly string[]): Promise<Seen> {
  const sets = params.flatMap((param) => ['--set', param]);
  const run = await new Probepipe(['run', `pipelines/${name}.yaml`, ...sets, '--format', 'jsonl']).attached();
  const ports: number[] = [];
  for (const host of hosts) {
    const server = await Answering.at(host);
    const { port } = server;
    await server.exchanges(each, exchange);
    await server.close();
    await refused(host, port);
    ports.push(port);
  }
  const { code, stdout, stderr } = await run.stop();
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('nothing lost');
  const ours = ({ lport, rport, port }: Record<string, unknown>) =>
    [lport, rport, port].some((number) => ports.includes(Number(number)));
  return { ports, rows: jsonLines(stdout).filter(ours) };
}

describe.skipIf(!isRoot)('pipelines of TCP (need root)', { timeout: 60_000 }, () => {
  it('tcpconnect shows and counts what was begun', async () => {
    const { ports, rows } = await seen('tcpconnect');
    const events = rows.filter(({ probe }) => probe === 'connect');
    const expected = hosts.flatMap((host, index) =>
      new Array(each + 1).fill({ pid: process.pid, uid: 0, laddr: host, raddr: host, rport: ports[index] }),
    );
    expect(events.map(({ pid, uid, laddr, raddr, rport }) => ({ pid, uid, laddr, raddr, rport }))).toEqual(expected);
    const counts = rows.filter(({ map }) => map === 'connects').map(({ rport, count }) => [rport, count]);
    expect(counts.sort()).toEqual(ports.map((port) => [port, each + 1]).sort());
  });

  it('tcpconnlat shows each answer, a refusal too', async () => {
    const { ports, rows } = await seen('tcpconnlat', `pid=${process.pid}`);
    expect(rows.map(({ pid, laddr, rport }) => [pid, laddr, rport])).toEqual(
      hosts.flatMap((host, index) => new Array(each + 1).fill([process.pid, host, ports[index]])),
    );
    for (const { duration, lport } of rows) {
      expect(Number(duration)).toBeGreaterThan(0);
      expect(Number(lport)).toBeGreaterThan(0);
    }
    const { rows: none } = await seen('tcpconnlat', 'min=1h');
    expect(none).toEqual([]);
  });

  it('tcptop has each byte of each end', async () => {
    const { ports, rows } = await seen('tcptop');
    const sums = new Map<string, { received: number; sent: number }>();
    for (const { lport, rport, received, sent } of rows) {
      const key = `${lport} ${rport}`;
      const known = sums.get(key) ?? { received: 0, sent: 0 };
      sums.set(key, { received: known.received + Number(received), sent: known.sent + Number(sent) });
    }
    expect(sums.size).toBe(2 * each * 2);
    for (const [key, sum] of sums) {
      const atServer = ports.includes(Number(key.split(' ')[0]));
      const { sent, answered } = exchange;
      expect(sum).toEqual(atServer ? { received: sent, sent: answered } : { received: answered, sent });
    }
  });

  it('tcptracer shows what was opened, accepted and closed', async () => {
    const { ports, rows } = await seen('tcptracer');
    for (const [index, host] of hosts.entries()) {
      const port = ports[index];
      const of = (probe: string) =>
        rows.filter((row) => row.probe === probe && (row.lport === port || row.rport === port));
      const local = of('connect').map(({ lport }) => Number(lport));
      expect(of('connect').map(({ pid, uid, laddr, rport }) => [pid, uid, laddr, rport])).toEqual(
        new Array(each).fill([process.pid, 0, host, port]),
      );
      expect(of('accept').map(({ pid, lport, rport }) => [pid, lport, rport])).toEqual(
        local.map((lport) => [process.pid, port, lport]),
      );
      const closed = of('close').map(({ lport, rport }) => [lport, rport]);
      for (const lport of local) {
        expect(closed).toContainEqual([lport, port]);
        expect(closed).toContainEqual([port, lport]);
      }
    }
  });

  it('tcprtt has an estimate for each packet that arrives at an address', async () => {
    const run = await new Probepipe([
      ...['run', 'pipelines/tcprtt.yaml', '--set', 'by_laddr=true', '--format', 'jsonl'],
    ]).attached();
    for (const host of hosts) {
      const server = await Answering.at(host);
      await server.exchanges(each, exchange);
      await server.close();
    }
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const rows = jsonLines(stdout);
    for (const host of hosts) {
      const row = rows.find(({ address }) => address === host);
      expect(row?.rtt).toHaveProperty('count');
      expect(Number(row?.average)).toBeGreaterThan(0);
    }
  });

  it('bindsnoop and solisten show servers', async () => {
    const { ports, rows } = await seen('bindsnoop');
    expect(rows.map(({ pid, error, protocol, addr, port }) => ({ pid, error, protocol, addr, port }))).toEqual(
      hosts.map((addr, index) => ({ pid: process.pid, error: null, protocol: 'tcp', addr, port: ports[index] })),
    );
    const { ports: others, rows: listening } = await seen('solisten');
    expect(listening.map(({ pid, protocol, addr, port }) => ({ pid, protocol, addr, port }))).toEqual(
      hosts.map((addr, index) => ({
        pid: process.pid,
        protocol: ['TCPv4', 'TCPv6'][index],
        addr,
        port: others[index],
      })),
    );
  });
});
