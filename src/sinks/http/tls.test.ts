/** Certificates of a real HTTPS server: the right one, and every wrong one. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { balanced, KeptContext, NumberedEvents } from '../../../test/support/sinks.js';
import { everything } from '../../events/selection.js';
import { options } from '../option-values.js';
import { HttpSink } from './http.js';
import { httpOptions } from './http-options.js';

let folder = '';
const path = (name: string) => join(folder, name);
const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

/** `name.pem` and `name.key`, signed by the test's authority; its database is what lets a certificate have ended. */
function issue(name: string, altName: string, endDate: string): void {
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', '/CN=x');
  writeFileSync(path('extensions'), `subjectAltName=${altName}\n`);
  const dates = ['-startdate', '20200101000000Z', '-enddate', endDate];
  openssl(
    'ca',
    '-batch',
    '-config',
    'ca.conf',
    '-extfile',
    'extensions',
    '-in',
    `${name}.csr`,
    '-out',
    `${name}.pem`,
    ...dates,
  );
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'probepipe-tls-'));
  writeFileSync(path('index'), '');
  writeFileSync(path('serial'), '01\n');
  writeFileSync(
    path('ca.conf'),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ncertificate=ca.pem\nprivate_key=ca.key
default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n`,
  );
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=ca');
  issue('right', 'IP:127.0.0.1', '20490101000000Z');
  issue('named', 'DNS:logs.example.org', '20490101000000Z');
  issue('expired', 'IP:127.0.0.1', '20210101000000Z');
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true }));

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Given {
  readonly server?: string;
  readonly asksClients?: boolean;
  readonly tls?: Readonly<Record<string, unknown>>;
}

/** What became of an event, and what the sink said. */
async function sendOne({ server: name = 'right', asksClients = false, tls = {} }: Given) {
  let taken = 0;
  const server: Server = createServer(
    {
      cert: readFileSync(path(`${name}.pem`)),
      key: readFileSync(path(`${name}.key`)),
      ...(asksClients ? { ca: readFileSync(path('ca.pem')), requestCert: true, rejectUnauthorized: true } : {}),
    },
    (request, response) => {
      request.resume();
      taken++;
      response.writeHead(204).end();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const context = new KeptContext();
  const given = {
    url: `https://127.0.0.1:${port}/`,
    tls,
    batch: { max_wait: '1ms' },
    retry: { initial: '1ms', max: '1ms', attempts: 2 },
  };
  const sink = new HttpSink({ name: 'p', description: '' }, everything, httpOptions('http', options(given)), context);
  await sink.open();
  closing.push(() => sink.close(0));
  sink.accept(new NumberedEvents().batch(1));
  while (balanced(sink).waiting > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  const said = context.warnings.map((line) => line.replace(`:${port}`, ''));
  return { taken, dropped: balanced(sink).dropped, said };
}

const fails = (why: string) => `sink "http": https://127.0.0.1/ fails (${why}); events wait and are sent again`;

describe('an https server', () => {
  it('is trusted where its certificate is of the authority and the name', async () => {
    expect(await sendOne({ tls: { ca: path('ca.pem') } })).toEqual({ taken: 1, dropped: {}, said: [] });
    const named = { ca: path('ca.pem'), server_name: 'logs.example.org' };
    expect(await sendOne({ server: 'named', tls: named })).toEqual({ taken: 1, dropped: {}, said: [] });
  });

  it.each([
    ['of an unknown authority', {}, 'its certificate is of an authority that is not trusted here: see "tls.ca"'],
    [
      'of another name',
      { server: 'named', tls: { ca: 'ca.pem' } },
      'its certificate is of another name: see "tls.server_name"',
    ],
    ['that has ended', { server: 'expired', tls: { ca: 'ca.pem' } }, 'its certificate has expired'],
  ])('is sent nothing where its certificate is one %s', async (_, given: Given, why) => {
    const tls = given.tls === undefined ? {} : { ca: path('ca.pem') };
    const { taken, dropped, said } = await sendOne({ ...given, tls });
    expect([taken, Object.values(dropped)]).toEqual([0, [1]]);
    expect(said[0]).toBe(fails(why));
  });

  it('is shown a certificate, which it may insist on', async () => {
    const without = await sendOne({ asksClients: true, tls: { ca: path('ca.pem') } });
    expect([without.taken, Object.values(without.dropped)]).toEqual([0, [1]]);
    const tls = { ca: path('ca.pem'), cert: path('right.pem'), key: path('right.key') };
    expect(await sendOne({ asksClients: true, tls })).toMatchObject({ taken: 1, dropped: {} });
  });

  it('may be anyone where nobody looks, which is said', async () => {
    const { taken, said } = await sendOne({ server: 'expired', tls: { verify: false } });
    expect(taken).toBe(1);
    expect(said).toEqual(['sink "http": https://127.0.0.1/ may be anyone: "verify: false" takes every certificate']);
  });

  it('is not asked where a certificate cannot be read', () => {
    const given = { url: 'https://127.0.0.1/', tls: { ca: '/nowhere/ca.pem' } };
    expect(() => httpOptions('http', options(given))).toThrow(
      'sink "http": cannot read "/nowhere/ca.pem" for "tls.ca": no such file or folder',
    );
  });
});
