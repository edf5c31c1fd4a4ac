/** pipelines/tcpstates.yaml beside libbpf-tools' tcpstates: the same changes in the same order, after the same times. */
import { describe, expect, it } from 'vitest';
import { hasOriginal, OriginalTool, words } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';
import { connections, refused } from '../support/tcp-connections.js';

const missing = !isRoot || !hasOriginal('tcpstates');

async function load(): Promise<readonly number[]> {
  const ports: number[] = [];
  for (const host of ['127.0.0.1', '::1']) {
    const port = await connections(host, 3, { sent: 1000, answered: 100 });
    await refused(host, port);
    ports.push(port);
  }
  return ports;
}

describe.skipIf(missing)('tcpstates (needs root and libbpf-tools)', () => {
  it('shows the changes that the original shows', async () => {
    const run = await new Probepipe(['run', 'pipelines/tcpstates.yaml', '--format', 'jsonl']).attached();
    const original = await new OriginalTool('tcpstates', ['-w']).attached(/SKADDR/);
    const ports = await load();
    // SKADDR PID COMM IP LADDR LPORT RADDR RPORT OLDSTATE -> NEWSTATE MS
    const theirs = (await original.stop())
      .map(words)
      .filter(([, , , , , lport, , rport]) => ports.includes(Number(lport)) || ports.includes(Number(rport)));
    const { code, stdout, stderr } = await run.stop();
    expect(code).toBe(0);
    expect(stderr).toContain('nothing lost');
    const ours = jsonLines(stdout).filter(
      ({ lport, rport }) => ports.includes(Number(lport)) || ports.includes(Number(rport)),
    );
    // On each processor the order is the same; the two ends of a connection may be served by two.
    const sorted = (lines: readonly string[]) => [...lines].sort();
    const one = (event: Record<string, unknown>) =>
      `${event.socket} ${event.laddr} ${event.lport} ${event.raddr} ${event.rport} ${event.from} ${event.to}`;
    expect(sorted(ours.map((event) => `${event.pid} ${event.comm} ${one(event)}`))).toEqual(
      sorted(
        theirs.map(
          ([socket, pid, comm, , laddr, lport, raddr, rport, from, , to]) =>
            `${pid} ${comm} 0x${socket} ${laddr} ${lport} ${raddr} ${rport} TCP_${from} TCP_${to}`,
        ),
      ),
    );
    // Five changes at each end of six connections, two refused, two listeners.
    expect(ours).toHaveLength(6 * 2 * 5 + 2 * 2 + 2 * 2);

    // The times of each socket, one by one: each tool takes its own within one change, some microseconds apart.
    const times = new Map<string, number[]>();
    for (const [socket, , , , , , , , , , , ms] of theirs) {
      const found = times.get(`0x${socket}`) ?? [];
      times.set(`0x${socket}`, [...found, Number(ms)]);
    }
    for (const [socket, milliseconds] of times) {
      const own = ours.filter((event) => event.socket === socket).map(({ spent }) => Number(spent) / 1e6);
      expect(own).toHaveLength(milliseconds.length);
      for (const [index, theirTime] of milliseconds.entries()) {
        expect(Math.abs((own[index] ?? 0) - theirTime)).toBeLessThan(5);
        expect(own[index] === 0, `${socket}: ${own[index]} and ${theirTime}`).toBe(theirTime === 0);
      }
    }
  });

  it('takes the original’s options as params', async () => {
    const start = (...sets: readonly string[]) =>
      new Probepipe([
        'run',
        'pipelines/tcpstates.yaml',
        ...sets.flatMap((set) => ['--set', set]),
        '--format',
        'jsonl',
      ]).attached();
    const six = await start('ipv6=true');
    const ports = await load();
    const { stdout } = await six.stop();
    const events = jsonLines(stdout);
    expect(events.some(({ rport }) => rport === ports[1])).toBe(true);
    expect(events.some(({ laddr }) => laddr === '127.0.0.1')).toBe(false);
  });
});
