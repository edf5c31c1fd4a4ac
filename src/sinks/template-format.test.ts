import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { open, serve, statuses, takesAll } from '../../test/support/http-sink.js';
import { balanced, KeptContext, manifest, NumberedEvents } from '../../test/support/sinks.js';
import { everything } from '../events/selection.js';
import { FileSink } from './file.js';

const template = '{"{{n}} {{path}}';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probepipe-template-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a template', () => {
  it('is the lines of a file, each event one of them', async () => {
    const path = join(folder, 'lines');
    const options = { name: 'file', path, format: 'template', template, append: true } as const;
    const sink = new FileSink(manifest, everything, options, new KeptContext());
    await sink.open();
    sink.accept(new NumberedEvents('/a\nb').batch(2));
    await sink.close(0);
    expect(readFileSync(path, 'utf8')).toBe('{"0 /a\\nb\n{"1 /a\\nb\n');
    expect(balanced(sink)).toMatchObject({ offered: 2, delivered: 2 });
  });

  it('is told as its option where a variable of the environment has made none of it', async () => {
    const options = { name: 'file', path: join(folder, 'lines'), format: 'template', append: true } as const;
    const sink = new FileSink(manifest, everything, { ...options, template: '{{#if' }, new KeptContext());
    await expect(sink.open()).rejects.toMatchObject({
      message: 'the template cannot be read from here',
      option: 'template',
    });
  });

  it('is the body of requests, its lines joined', async () => {
    const server = await serve(takesAll);
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { encoding: 'template', template });
    sink.accept(new NumberedEvents().batch(2));
    await sink.close(5000);
    expect(server.taken).toEqual(['{"0 /some/path\n{"1 /some/path\n']);
    expect(server.requests[0]?.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  it('is a text in dead letters, whatever it looks like', async () => {
    const server = await serve(statuses(400));
    const deadLetter = join(folder, 'dead.jsonl');
    const { sink } = await open(`http://127.0.0.1:${server.port}`, { encoding: 'template', template, deadLetter });
    sink.accept(new NumberedEvents().batch(1));
    await sink.close(5000);
    expect(JSON.parse(readFileSync(deadLetter, 'utf8'))).toMatchObject({ event: '{"0 /some/path' });
    expect(balanced(sink)).toMatchObject({ dropped: { 'refused (400)': 1 } });
  });
});
