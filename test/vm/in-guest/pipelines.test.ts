/** Pipelines on a kernel that has kprobes and fentry: the hooks that this project's own machines may lack. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { jsonLines, type Ledger, Probepipe, Workspace } from '../../support/probepipe.js';
import { shippedSets } from '../../support/shipped-files.js';

const timeout = 180_000;
/** Shipped pipelines of one run. */
const together = 6;

/** Makes connections to one port of loopback, and tells which. */
async function connections(count: number): Promise<number> {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  for (let made = 0; made < count; made++) {
    const socket = connect(port, '127.0.0.1');
    socket.resume();
    await once(socket, 'close');
  }
  server.close();
  return port;
}

async function eventsOf(yaml: string, load: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  using work = new Workspace();
  const run = await new Probepipe(['run', work.file('pipeline.yaml', yaml), '--format', 'jsonl']).attached();
  await load();
  const { code, stdout, stderr } = await run.stop();
  expect(stderr).toContain('nothing lost');
  expect(code).toBe(0);
  return jsonLines(stdout);
}

describe('pipelines in the guest', () => {
  it('tcp-connect takes fentry, and counts exactly', { timeout }, async () => {
    const run = await new Probepipe(['run', 'pipelines/tcp-connect.yaml', '--format', 'jsonl']).attached();
    expect(run.stderr).toContain('connect: fentry:tcp_connect');
    const port = await connections(100);
    const { code, stdout } = await run.stop();
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines.filter((line) => line.probe === 'connect' && line.dport === port)).toHaveLength(100);
    expect(lines).toContainEqual(expect.objectContaining({ map: 'connects', dport: port, count: 100 }));
  });

  it.each(['kprobe', 'function'])('%s gives typed arguments', { timeout }, async (hook) => {
    let port = 0;
    const events = await eventsOf(
      `probes:\n  connect:\n    attach: ${hook}:tcp_connect\n    fields: [pid, dport: dport(args.sk), daddr: daddr(args.sk)]\n`,
      async () => {
        port = await connections(10);
      },
    );
    expect(events.filter((event) => event.dport === port && event.daddr === '127.0.0.1')).toHaveLength(10);
  });

  it('path(), argv() and searched texts load and tell what was executed', { timeout }, async () => {
    const events = await eventsOf(
      'probes:\n  exec:\n    attach: tp_btf:sched_process_exec\n    fields:\n      - path: path(args.bprm.file)\n      - busy: contains(str(args.bprm.filename), "tru")\n  call:\n    attach: tracepoint:syscalls:sys_enter_execve\n    fields:\n      - argv: argv(args.argv)\n',
      async () => execFileSync('/bin/true', ['one', 'two']),
    );
    // As the host sees it, which this process's root lies below.
    expect(events).toContainEqual(
      expect.objectContaining({ path: expect.stringMatching(`${realpathSync('/bin/true')}$`), busy: true }),
    );
    expect(events).toContainEqual(expect.objectContaining({ argv: '/bin/true one two' }));
  });

  it('path() of a file that is found by its descriptor loads and tells it', { timeout }, async () => {
    const events = await eventsOf(
      'probes:\n  read:\n    attach: syscall:read\n    where: comm == "cat"\n    let: { file: "task.files.fdt.fd[args.fd]" }\n    fields: [call: hook.name, file: path(file)]\n',
      async () => execFileSync('cat', ['/etc/hostname']),
    );
    expect(events).toContainEqual(expect.objectContaining({ file: expect.stringMatching(/\/etc\/hostname$/) }));
  });

  it('keys of texts that are cut load and are counted', { timeout }, async () => {
    using work = new Workspace();
    const stats = work.path('stats.json');
    const yaml =
      'maps:\n  paths: { key: { path: string(8) }, value: count }\nprobes:\n  exec:\n    attach: tp_btf:sched_process_exec\n    update:\n      paths[str(args.bprm.filename, 8)]: count()\n';
    const run = await new Probepipe(['run', work.file('p.yaml', yaml), '--stats-file', stats]).attached();
    execFileSync('/bin/true');
    const { code, stderr } = await run.stop();
    expect(code, stderr).toBe(0);
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    expect(ledger.probes[0]?.truncatedStrings).toBeGreaterThan(0);
  });

  it('kretprobe gives the return value', { timeout }, async () => {
    const events = await eventsOf(
      'probes:\n  connect:\n    attach: kretprobe:tcp_connect\n    fields: [pid, retval]\n',
      () => connections(10),
    );
    expect(events.filter((event) => event.pid === process.pid && event.retval === 0)).toHaveLength(10);
  });

  it('fexit gives arguments and return value', { timeout }, async () => {
    let port = 0;
    const events = await eventsOf(
      'probes:\n  connect:\n    attach: fexit:tcp_connect\n    fields: [dport: dport(args.sk), retval]\n',
      async () => {
        port = await connections(10);
      },
    );
    expect(events.filter((event) => event.dport === port && event.retval === 0)).toHaveLength(10);
  });

  it('call gives arguments, return value and duration together', { timeout }, async () => {
    let port = 0;
    const events = await eventsOf(
      'probes:\n  connect:\n    attach: call:tcp_v4_connect\n    fields: [dport: dport(args.sk), retval, duration]\n',
      async () => {
        port = await connections(10);
      },
    );
    const mine = events.filter((event) => event.dport === port);
    expect(mine).toHaveLength(10);
    for (const { retval, duration } of mine) {
      expect(retval).toBe(0);
      expect(duration).toBeGreaterThan(0);
    }
  });

  it('call by kprobe and kretprobe keeps the arguments until the return', { timeout }, async () => {
    let port = 0;
    const yaml = [
      'probes:',
      '  connect:',
      '    pair:',
      '      start: kprobe:tcp_v4_connect',
      '      end: kretprobe:tcp_v4_connect',
      '      key: tid',
      '    fields: [dport: dport(start.args.sk), retval, duration]',
      '',
    ].join('\n');
    const events = await eventsOf(yaml, async () => {
      port = await connections(10);
    });
    const mine = events.filter((event) => event.dport === port);
    expect(mine).toHaveLength(10);
    for (const { duration } of mine) expect(duration).toBeGreaterThan(0);
  });

  it('fentry inside the pipeline sees a bit-field, an enum and an embedded struct', { timeout }, async () => {
    const events = await eventsOf(
      'probes:\n  connect:\n    attach: fentry:tcp_connect\n    fields: [pid, family: family(args.sk), reuse: args.sk.__sk_common.skc_reuse, state: args.sk.__sk_common.skc_state == TCP_SYN_SENT]\n',
      () => connections(3),
    );
    const mine = events.filter((event) => event.pid === process.pid);
    expect(mine).toHaveLength(3);
    for (const event of mine) expect(event).toMatchObject({ family: 2, reuse: 0, state: true });
  });

  // Programs of raw tracepoints, trampolines and iterators find their places when they are loaded, which matrix.test.ts does with all that is shipped; http.test.ts attaches what captures connections.
  const placedLater =
    /\b(?:function|call|kprobe|kretprobe|tracepoint|syscall|lsm|uprobe|uretprobe|ucall|usdt|profile|perf|interval):[\w*{$/]/;
  const pipelines = new URL('../../../pipelines/', import.meta.url);
  // Several at once: starting probepipe takes as long here as compiling a pipeline.
  const shipped = readdirSync(pipelines).filter(
    (name) => name.endsWith('.yaml') && placedLater.test(readFileSync(new URL(name, pipelines), 'utf8')),
  );
  // Each in one of the two kernels, for time: how they differ is in their types, which loading shows in both.
  // The newer one, which loads fewer objects of the matrix, has two of three.
  const old = process.env.PROBEPIPE_GUEST_RELEASE?.startsWith('6.1.') === true;
  const here = shipped.filter((_, index) => (index % 3 === 0) === old);
  const groups = Array.from({ length: Math.ceil(here.length / together) }, (_, group) =>
    here.slice(group * together, (group + 1) * together),
  );
  it.each(groups.map((files) => [files.join(', '), files] as const))(
    'loads and attaches %s',
    { timeout: 2 * timeout },
    async (_, files) => {
      const paths = files.map((file) => `pipelines/${file}`);
      const sets = paths.flatMap(shippedSets).flatMap(({ name, value }) => ['--set', `${name}=${value}`]);
      const run = await new Probepipe(['run', ...paths, ...sets, '--format', 'jsonl']).attached();
      const { code, stderr } = await run.stop();
      expect(code, stderr).toBe(0);
    },
  );
});
