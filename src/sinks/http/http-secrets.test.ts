import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { open, serve, statuses, until } from '../../../test/support/http-sink.js';
import { balanced, NumberedEvents } from '../../../test/support/sinks.js';

describe('an http sink with secrets', () => {
  it('never shows what it authenticates itself with', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'probepipe-secrets-'));
    const path = join(folder, 'dead.jsonl');
    const auths = [
      [{ kind: 'bearer', token: 't0ken' }, 'Bearer t0ken'],
      [{ kind: 'basic', username: 'me', password: 'p:ss' }, `Basic ${Buffer.from('me:p:ss').toString('base64')}`],
    ] as const;
    for (const [auth, header] of auths) {
      const server = await serve(statuses(503, 401));
      const { sink, context } = await open(`http://127.0.0.1:${server.port}/`, { auth, deadLetter: path });
      sink.accept(new NumberedEvents().batch(1));
      await sink.close(5000);
      expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([header, header]);
      const said = JSON.stringify([context.warnings, sink.ledger(), readFileSync(path, 'utf8')]);
      for (const secret of ['t0ken', 'p:ss', header.slice(-8), 'hunter2']) expect(said).not.toContain(secret);
    }
    rmSync(folder, { recursive: true });
  });

  it('never shows credentials', async () => {
    const server = await serve(statuses(500, 401));
    const { sink, context } = await open(`http://user:p%40ss@127.0.0.1:${server.port}/x?key=s3cret`, {
      headers: { authorization2: 't0ken' },
    });
    sink.accept(new NumberedEvents().batch(1));
    await until(() => balanced(sink).waiting === 0);
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
      authorization2: 't0ken',
    });
    const said = JSON.stringify([context.warnings, sink.ledger()]);
    for (const secret of ['p@ss', 'p%40ss', 's3cret', 't0ken', 'user:']) expect(said).not.toContain(secret);
  });

  it.each([
    ['127.0.0.1/x', {}, 'sink "http": its "url" is not a URL'],
    ['ftp://127.0.0.1/x', {}, 'sink "http": its "url" has the scheme "ftp", which is not HTTP'],
    ['http://127.0.0.1', { 'a b': '1' }, 'sink "http": "a b" is not a header\'s name'],
    ['http://127.0.0.1', { Host: 'x' }, 'sink "http": the header "Host" is set by probepipe itself'],
    [
      'http://127.0.0.1',
      { Token: 'se\ncret' },
      'sink "http": the value of the header "Token" holds characters that headers cannot have',
    ],
  ])('refuses %s with %j', async (url, headers, message) => {
    const failure = await open(url, { headers }).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failure).toMatchObject({ name: 'SinkError', message });
  });
});
