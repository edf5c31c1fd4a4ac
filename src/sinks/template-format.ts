/** Lines of a user's template, for sinks that write locally and as items for a server. */
import type { EncodedEvents } from '../events/encoding.js';
import type { EventBatch } from '../events/event-batch.js';
import type { MapSnapshot } from '../events/map-snapshot.js';
import type { Selection } from '../events/selection.js';
import { snapshotColumns } from '../events/snapshot-columns.js';
import { templateLine } from '../events/template-line.js';
import { readTemplate } from '../language/template/template.js';
import type { ItemEncoder } from './delivery/transport.js';
import { type Formatter, linesOf } from './local-sink.js';
import { SinkError } from './sink-error.js';

/** Rows of one chunk of output: a map of a million entries is never one string. */
const chunkRows = 2000;

/** Throws a `SinkError` where it cannot be read, which what a variable of the environment stands for can cause. */
export function templateLines(template: string): ItemEncoder {
  const { pieces, problems } = readTemplate(template);
  const [problem] = problems;
  if (problem !== undefined) throw new SinkError(problem.message, problem.hints, 'template');
  const line = templateLine(pieces);
  return {
    form: 'lines',
    events: (batch, selection) => linesOf(batch.objects(selection).map(line)),
    *rows(snapshot) {
      let lines: string[] = [];
      for (const columns of snapshotColumns(snapshot)) {
        if (lines.push(line(columns)) < chunkRows) continue;
        yield linesOf(lines);
        lines = [];
      }
      if (lines.length > 0) yield linesOf(lines);
    },
  };
}

export function templateFormatter(template: string, selection: Selection): Formatter {
  const lines = templateLines(template);
  return {
    preamble: new Uint8Array(),
    events: (batch: EventBatch): EncodedEvents => lines.events(batch, selection),
    rows: (snapshot: MapSnapshot) => lines.rows(snapshot),
  };
}
