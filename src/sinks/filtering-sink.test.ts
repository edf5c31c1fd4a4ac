import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balanced, KeptContext, manifest, NumberedEvents, noReadings, numbersIn } from '../../test/support/sinks.js';
import type { ColumnExpression, SinkManifest } from '../compile/manifest.js';
import { createSink } from './registry.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probepipe-filtering-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const n: ColumnExpression = { op: 'key', key: 0 };
const integer = (value: number): ColumnExpression => ({ op: 'const', value: { integer: String(value) } });
const below = (most: number): ColumnExpression => ({ op: 'binary', operator: '<', left: n, right: integer(most) });

async function fileSink(name: string, value?: ColumnExpression) {
  const path = join(folder, name);
  const given: SinkManifest = {
    kind: 'file',
    name,
    from: [],
    options: { path },
    optionPlaces: {},
    ...(value === undefined ? {} : { conditions: [{ probe: 'p', fields: ['n', 'path'], value }] }),
  };
  const environment = { manifest, context: new KeptContext(), readings: noReadings, stdout: { fd: 1, unicode: false } };
  const sink = await createSink(given, environment);
  await sink.open();
  return { sink, numbers: () => numbersIn(readFileSync(path, 'utf8')) };
}

describe('a sink with a condition', () => {
  it('delivers what it holds for, counts the others, and changes nothing for other sinks of the same batch', async () => {
    // In this order: the first and the last share their lines, which those between must not write over.
    const sinks = [
      await fileSink('first'),
      await fileSink('few', below(2)),
      await fileSink('none', below(0)),
      await fileSink('last'),
      await fileSink('text', {
        op: 'binary',
        operator: '==',
        left: { op: 'key', key: 1 },
        right: { op: 'const', value: '/b' },
      }),
    ];
    const events = new NumberedEvents();
    for (const count of [5, 3]) {
      const batch = events.batch(count);
      for (const { sink } of sinks) {
        sink.accept(batch);
        balanced(sink);
      }
    }
    await Promise.all(sinks.map(({ sink }) => sink.close(0)));
    const all = [0, 1, 2, 3, 4, 5, 6, 7];
    expect(sinks.map(({ numbers }) => numbers())).toEqual([all, [0, 1], [], all, []]);
    expect(sinks.map(({ sink }) => balanced(sink).filtered)).toEqual([undefined, 6, 8, undefined, 8]);
    expect(sinks.map(({ sink }) => balanced(sink).offered)).toEqual([8, 8, 8, 8, 8]);
  });

  it('opens its file anew where the sink itself can', async () => {
    const { sink } = await fileSink('file', below(1));
    expect(sink.reopen).toBeDefined();
    sink.reopen?.();
    await sink.close(0);
  });
});
