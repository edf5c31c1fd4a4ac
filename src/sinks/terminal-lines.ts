/** Lines of a machine format that go to a terminal: what a file name holds must not move the cursor there. */
import { safeText } from '../diagnostics/terminal-text.js';
import type { EncodedEvents } from '../events/encoding.js';
import type { Formatter } from './local-sink.js';

/** The same lines with control characters as escapes, as tables have them. */
export function harmlessLines(formatter: Formatter): Formatter {
  return {
    ...formatter,
    events: (batch) => harmless(formatter.events(batch)),
    *rows(snapshot) {
      for (const rows of formatter.rows(snapshot)) yield harmless(rows);
    },
  };
}

function harmless({ bytes, count, ends }: EncodedEvents): EncodedEvents {
  const newEnds = new Uint32Array(ends.length);
  const lines: Buffer[] = [];
  let [start, end] = [0, 0];
  ends.forEach((lineEnd, index) => {
    const line = Buffer.from(safeLine(Buffer.from(bytes.subarray(start, lineEnd)).toString()));
    lines.push(line);
    start = lineEnd;
    end += line.length;
    newEnds[index] = end;
  });
  return { bytes: Buffer.concat(lines), count, ends: newEnds };
}

/** A text in quotes may hold line breaks; they are no danger, and CSV's own line ends must stay. */
function safeLine(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? `${safeText(line.slice(0, -1))}\r` : safeText(line)))
    .join('\n');
}
