/** Requests of the processes that a run is limited to, and of no others. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, jsonLines, type Ledger, Probepipe, Workspace } from '../support/probepipe.js';
import { freePort } from '../support/prometheus-server.js';
import { node, sendRequests, startServer } from '../support/web-servers.js';

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

describe.skipIf(!isRoot)('the scope of a run (needs root)', () => {
  const served = async (options: readonly string[], filter = ''): Promise<string[]> => {
    const port = await freePort();
    const server = await startServer(port, node(port));
    onTestFinished(() => server.stop());
    const yaml = `probes:\n  request: { attach: http:server, http: { ports: [${port}]${filter} }, fields: [path] }\n`;
    const given = options.map((each) => each.replace('{server}', String(server.pid)));
    const run = new Probepipe(['run', workspace.file(`scope-${port}.yaml`, yaml), '--format', 'jsonl', ...given]);
    onTestFinished(async () => void (await run.stop()));
    await run.attached();
    await sendRequests(port, 5, { kinds: ['fast'], together: 1 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    return jsonLines((await run.stop()).stdout).map(({ path }) => String(path));
  };
  const all = [0, 1, 2, 3, 4].map((index) => `/fast/${index}`);

  it('is of who serves, not of probepipe, which runs the probe', async () => {
    expect(await served(['--pid', '{server}'])).toEqual(all);
    expect(await served(['--pid', String(process.pid)])).toEqual([]);
    expect(await served(['--comm', 'node'])).toEqual(all);
  });

  it('is also what "where" says of the connection: what it leaves out is never captured', async () => {
    const [port, other] = [await freePort(), await freePort()] as const;
    const servers = [await startServer(port, node(port)), await startServer(other, node(other))] as const;
    for (const server of servers) onTestFinished(() => server.stop());
    const yaml = `probes:
  byPort: { attach: http:server, where: port == ${port} and status == 404, fields: [path] }
  byProcess: { attach: http:server, where: pid == ${servers[1].pid}, fields: [path] }
`;
    const stats = workspace.path('where.json');
    const run = new Probepipe(['run', workspace.file('where.yaml', yaml), '--format', 'jsonl', '--stats-file', stats]);
    onTestFinished(async () => void (await run.stop()));
    await run.attached();
    await sendRequests(port, 10, { kinds: ['fast', 'missing'], together: 1 });
    await sendRequests(other, 7, { kinds: ['missing'], together: 1 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const lines = jsonLines((await run.stop()).stdout);
    const paths = (probe: string) => lines.filter((line) => line.probe === probe).map(({ path }) => path);
    expect(paths('byPort')).toEqual([1, 3, 5, 7, 9].map((index) => `/missing/${index}`));
    expect(paths('byProcess')).toEqual([0, 1, 2, 3, 4, 5, 6].map((index) => `/missing/${index}`));
    const ledger: Ledger = JSON.parse(readFileSync(stats, 'utf8'));
    // Hits are the requests of the port; its other condition leaves out half of them.
    expect(ledger.probes.find(({ name }) => name === 'byPort')).toMatchObject({ hits: 10, filtered: 5, emitted: 5 });
    expect(ledger.probes.find(({ name }) => name === 'byProcess')).toMatchObject({ hits: 7, filtered: 0, emitted: 7 });
    expect(ledger.imbalances).toEqual([]);
  });

  it('is of cgroups that are there', async () => {
    const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    expect(await served([], `, cgroups: [${own}]`)).toEqual(all);
    const file = workspace.file(
      'nowhere.yaml',
      'probes:\n  r: { attach: http:server, http: { cgroups: [/no/such] }, fields: [path] }\n',
    );
    const { code, stderr } = await new Probepipe(['run', file]).finished;
    expect(stderr).toMatch(/error\[bad-value\]: there is no cgroup "\/no\/such" below/);
    expect(code).toBe(3);
  });

  it('is of a command and what it starts', async () => {
    const port = await freePort();
    const server = await startServer(port, node(port));
    onTestFinished(() => server.stop());
    const file = workspace.file('command.yaml', 'probes:\n  sent: { attach: http:client, fields: [path, status] }\n');
    const curl = ['sh', '-c', `curl -s -o /dev/null http://127.0.0.1:${port}/missing/1`];
    const { stdout } = await new Probepipe(['run', file, '--format', 'jsonl', '--', ...curl]).finished;
    expect(jsonLines(stdout).map(({ path, status }) => [path, status])).toEqual([['/missing/1', 404]]);
  });
});
