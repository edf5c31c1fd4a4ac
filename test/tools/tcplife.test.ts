/** pipelines/tcplife.yaml beside libbpf-tools' tcplife: the same connections, of the same processes, with the same bytes and lives. */
import { describe, expect, it } from 'vitest';
import { hasOriginal, OriginalTool, words } from '../support/original-tool.js';
import { isRoot, jsonLines, Probepipe } from '../support/probepipe.js';
import { connections, refused } from '../support/tcp-connections.js';

const missing = !isRoot || !hasOriginal('tcplife');

async function load(): Promise<readonly number[]> {
  const ports: number[] = [];
  for (const [host, sent, answered] of [
    ['127.0.0.1', 100_000, 3000],
    ['::1', 10, 700_000],
  ] as const) {
    const port = await connections(host, 3, { sent, answered });
    await refused(host, port);
    ports.push(port);
  }
  return ports;
}

async function beside(options: readonly string[], params: readonly string[]) {
  const args = ['run', 'pipelines/tcplife.yaml', ...params.flatMap((param) => ['--set', param]), '--format', 'jsonl'];
  const run = await new Probepipe(args).attached();
  const original = await new OriginalTool('tcplife', ['-w', ...options]).attached(/PID/);
  const ports = await load();
  // PID COMM LADDR LPORT RADDR RPORT TX_KB RX_KB MS
  const theirs = (await original.stop())
    .map(words)
    .filter(([, , , lport, , rport]) => ports.includes(Number(lport)) || ports.includes(Number(rport)));
  const { code, stdout, stderr } = await run.stop();
  expect(code).toBe(0);
  expect(stderr).toContain('nothing lost');
  const ours = jsonLines(stdout).filter(
    ({ lport, rport }) => ports.includes(Number(lport)) || ports.includes(Number(rport)),
  );
  return { ports, ours, theirs };
}

const kilobytes = (bytes: unknown) => (Number(bytes) / 1024).toFixed(2);
const ofOurs = (event: Record<string, unknown>) =>
  `${event.pid} ${event.comm} ${event.laddr} ${event.lport} ${event.raddr} ${event.rport} ${kilobytes(event.sent)} ${kilobytes(event.received)}`;
const ofTheirs = (line: readonly string[]) => line.slice(0, 8).join(' ');

describe.skipIf(missing)('tcplife (needs root and libbpf-tools)', () => {
  it('shows the connections that the original shows', async () => {
    const { ports, ours, theirs } = await beside([], []);
    expect(ours.map(ofOurs).sort()).toEqual(theirs.map(ofTheirs).sort());
    // Both ends of three connections, and one refused, to each address.
    expect(ours).toHaveLength(2 * (3 * 2 + 1));
    const first = ours.filter(({ rport, received }) => rport === ports[0] && received !== 0);
    // What is acknowledged and received has the SYN or the FIN in it.
    expect(first.map(({ pid, sent, received }) => [pid, sent, received])).toEqual(
      new Array(3).fill([process.pid, 100_002, 3001]),
    );
    // Both take their times within the same two changes, some microseconds apart.
    for (const event of ours) {
      const line = theirs.find((words) => ofTheirs(words) === ofOurs(event));
      expect(Math.abs(Number(event.duration) / 1e6 - Number(line?.[8]))).toBeLessThan(5);
    }
  });

  it('takes the original’s options as params', async () => {
    for (const [options, params, most] of [
      [['-4'], ['ipv4=true'], 7],
      [['-6'], ['ipv6=true'], 7],
      [['-p', `${process.pid}`], [`pid=${process.pid}`], 14],
    ] as const) {
      const { ours, theirs } = await beside(options, params);
      expect(ours.map(ofOurs).sort()).toEqual(theirs.map(ofTheirs).sort());
      expect(ours).toHaveLength(most);
    }
  });
});
