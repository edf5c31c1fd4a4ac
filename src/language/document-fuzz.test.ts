import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../diagnostics/render.js';
import type { Source, Span } from '../diagnostics/source.js';
import { parseDocument } from './document.js';
import type { DocumentNode } from './document-node.js';

function checkSpan(span: Span | undefined, source: Source): void {
  expect(span?.source).toBe(source);
  if (span === undefined) return;
  expect(span.start).toBeGreaterThanOrEqual(0);
  expect(span.end).toBeGreaterThanOrEqual(span.start);
  expect(span.end).toBeLessThanOrEqual(source.text.length);
}

function checkNode(node: DocumentNode, source: Source): void {
  checkSpan(node.span, source);
  if (node.kind === 'scalar') {
    let previous = node.span.start;
    for (let index = 0; index <= node.text.length; index++) {
      const offset = node.offsetAt(index);
      expect(offset).toBeGreaterThanOrEqual(previous);
      previous = offset;
    }
    expect(previous).toBeLessThanOrEqual(source.text.length);
  } else if (node.kind === 'sequence') {
    for (const item of node.items) checkNode(item, source);
  } else {
    expect(new Set(node.entries.map((entry) => entry.key)).size).toBe(node.entries.length);
    for (const entry of node.entries) {
      checkSpan(entry.keySpan, source);
      checkNode(entry.value, source);
    }
  }
}

/** All that a stage promises for any text. */
function check(text: string): void {
  const source = { name: 'p.yaml', text };
  const { output, diagnostics } = parseDocument(source);
  if (output === undefined) expect(diagnostics.length).toBeGreaterThan(0);
  else checkNode(output, source);
  for (const each of diagnostics) {
    expect(each.message).toMatch(/^(?![A-Z])[^\n]{1,200}$/u);
    checkSpan(each.span, source);
    for (const related of each.related) checkSpan(related.span, source);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: nothing of the kind may reach a terminal
  expect(renderDiagnostics(diagnostics, { color: false })).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/);
}

const pipeline = `# yaml-language-server: $schema=x
name: tcp-connect
description: "who connects \\"where\\""
params:
  port: {type: u16, default: 443, description: 'the port''s number'}
maps:
  connects: &m
    key: [u16, comm]
    value: count
  other: *m
probes:
  connect:
    attach:
      - kprobe:tcp_v4_connect
      - [tracepoint:sock/inet_sock_set_state, raw_tp:x]
    where: |
      args.sk.dport == port
        and pid != 0
    let: {dport: ntohs(args.sk.dport)}
    fields:
      - pid
      - name: >-
          comm

          more
sinks: [stdout]
`;

const syntax = fc.constantFrom(
  ...'-:?[]{},&*!|>\'"%@`#~\t\r\n \\',
  '\n  ',
  '\n- ',
  ': ',
  '- ',
  '---\n',
  '...\n',
  '<<: ',
  '*m',
  '&m ',
  '!!int ',
  '|2+\n',
  '\u001b[31m',
  '\u202e',
  '\u2028',
  '\u0085',
  '\ufeff',
  '\0',
  '\ud800',
  '😀',
);

describe('any text', () => {
  it('of any characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => check(text)),
      { numRuns: 500 },
    );
  });

  it('of what means something in YAML', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(syntax, fc.constantFrom('a', 'b', '1', '\\u')), { maxLength: 40 }), (parts) =>
        check(parts.join('')),
      ),
      { numRuns: 3000 },
    );
  });

  it('that a pipeline becomes by edits', () => {
    const edit = fc.record({
      at: fc.nat(pipeline.length),
      remove: fc.nat(12),
      insert: fc.oneof(syntax, fc.constant('')),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = pipeline;
        for (const { at, remove, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + remove);
        check(text);
      }),
      { numRuns: 1500 },
    );
  });

  it('cut off anywhere', () => {
    for (let length = 0; length <= pipeline.length; length++) check(pipeline.slice(0, length));
    expect(parseDocument({ name: 'p.yaml', text: pipeline }).diagnostics).toEqual([]);
  });
});
