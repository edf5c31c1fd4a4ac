import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnostic } from './diagnostic.js';
import { diagnosticsJson, renderDiagnostics } from './render.js';
import type { Source, Span } from './source.js';
import { textWidth } from './terminal-text.js';

const source: Source = { name: 'p.yaml', text: 'name: a\nprobes:\n  connect:\n    feilds: [pid]\n    where: x\n' };

function spanOf(text: string, within: Source = source): Span {
  const start = within.text.indexOf(text);
  return { source: within, start, end: start + text.length };
}

const plain = { color: false };

/** The caret line below the line that has `marked`. */
function marksUnder(text: string, start: number, end: number): { shown: string; marks: string } {
  const given: Source = { name: 'p', text };
  const lines = renderDiagnostics([diagnostic('unknown-key', 'm', { source: given, start, end })], plain).split('\n');
  const inner = (line: string | undefined) => (line ?? '').replace(/^ *\d* \| ?/, '');
  return { shown: inner(lines[3]), marks: inner(lines[4]) };
}

describe('for a person', () => {
  it('message, place, line, carets, help, other places, and the count', () => {
    const found = diagnostic('unknown-key', 'unknown key "feilds" in probe "connect"', spanOf('feilds'), {
      hints: ['did you mean "fields"?'],
      related: [{ message: 'the probe begins here', span: spanOf('connect') }],
    });
    expect(renderDiagnostics([found], plain)).toMatchInlineSnapshot(`
      "error[unknown-key]: unknown key "feilds" in probe "connect"
       --> p.yaml:4:5
        |
      4 |     feilds: [pid]
        |     ^^^^^^
      note: the probe begins here
       --> p.yaml:3:3
        |
      3 |   connect:
        |   ^^^^^^^
        = help: did you mean "fields"?

      1 error
      "
    `);
  });

  it('is empty for nothing', () => {
    expect(renderDiagnostics([], plain)).toBe('');
  });

  it('by place, each once, with every kind counted', () => {
    const text = renderDiagnostics(
      [
        diagnostic('unused', 'third', spanOf('where'), { severity: 'warning' }),
        diagnostic('unknown-key', 'second', spanOf('feilds')),
        diagnostic('unknown-key', 'second', spanOf('feilds')),
        diagnostic('privilege', 'first'),
      ],
      plain,
    );
    expect(text.match(/first|second|third/g)).toEqual(['first', 'second', 'third']);
    expect(text.endsWith('\n2 errors, 1 warning\n')).toBe(true);
  });

  it('shows the first line of a span over several', () => {
    const { shown, marks } = marksUnder('a: one\n  two\n', 3, 12);
    expect(shown).toBe('a: one');
    expect(marks).toBe('   ^^^');
  });

  it('points behind the last character', () => {
    expect(marksUnder('a: one', 6, 6).marks).toBe('      ^');
    expect(marksUnder('a: one\n', 7, 7)).toEqual({ shown: '', marks: '^' });
  });

  it.each([
    ['a tab', 'a\tbcd', 'bcd', '    ^^^'],
    ['wide characters', '漢字: x', 'x', '      ^'],
    ['a marked wide character', 'a: 漢', '漢', '   ^^'],
    ['a combining mark', 'e\u0301: x', 'x', '   ^'],
    ['an emoji', '😀 x', 'x', '   ^'],
    ['an escape sequence', '\u001b[2Jx', 'x', '       ^'],
    ['a marked control character', 'a\u0000b', '\u0000', ' ^^^^'],
  ])('keeps carets below %s', (_, text, marked, marks) => {
    const start = text.indexOf(marked);
    expect(marksUnder(text, start, start + marked.length).marks).toBe(marks);
  });

  it('cuts a long line around the span', () => {
    const { shown, marks } = marksUnder(`${'x'.repeat(5000)}HERE${'y'.repeat(100_000)}`, 5000, 5004);
    expect(shown.length).toBeLessThan(170);
    expect(shown.slice(marks.indexOf('^'), marks.length)).toBe('HERE');
  });

  it('details only if asked', () => {
    const found = diagnostic('verifier', 'no', spanOf('where'), { detail: 'line 1\nline 2' });
    expect(renderDiagnostics([found], plain)).not.toContain('line 1');
    expect(renderDiagnostics([found], { color: false, verbose: true })).toContain('| line 1\n  | line 2\n');
  });

  it('colours only if asked, and nothing but colours', () => {
    const found = diagnostic('unknown-key', 'm', spanOf('feilds'), { hints: ['h'] });
    const coloured = renderDiagnostics([found], { color: true });
    expect(coloured).toContain('\u001b[');
    expect(stripVTControlCharacters(coloured)).toBe(renderDiagnostics([found], plain));
  });

  it('lets nothing of a hostile text reach the terminal, whatever it is', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(fc.constantFrom('\u001b[31m', '\r', '\n', '\u202e', '\u009b', 'a', '\t', '\ud800'), { maxLength: 30 }),
    );
    fc.assert(
      fc.property(text, fc.nat(60), fc.nat(60), (parts, a, b) => {
        const hostile = typeof parts === 'string' ? parts : parts.join('');
        const start = Math.min(a, hostile.length);
        const end = Math.min(start + b, hostile.length);
        const span = { source: { name: hostile, text: hostile }, start, end };
        const found = diagnostic('unknown-key', hostile, span, {
          hints: [hostile],
          related: [{ message: hostile, span }],
          detail: hostile,
        });
        const shown = renderDiagnostics([found], { color: false, verbose: true });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
        expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
        expect(Buffer.from(shown).toString()).toBe(shown);
      }),
      { numRuns: 1000 },
    );
  });

  it('never marks beyond the line, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(40), fc.nat(40), (text, a, b) => {
        const line = text.replaceAll(/[\r\n]/g, '');
        const start = Math.min(a, line.length);
        const { shown, marks } = marksUnder(line, start, Math.min(start + b, line.length));
        if (line !== '') expect(marks.length).toBeLessThanOrEqual(Math.max(textWidth(shown), marks.indexOf('^') + 1));
      }),
    );
  });
});

describe('for a program', () => {
  it('places from 1, texts as they are, in the same order', () => {
    const found = [
      diagnostic('unused', 'b\u001b', spanOf('where'), { severity: 'warning' }),
      diagnostic('unknown-key', 'a', spanOf('feilds'), { related: [{ message: 'r', span: spanOf('name') }] }),
    ];
    expect(diagnosticsJson(found)).toEqual([
      {
        file: 'p.yaml',
        line: 4,
        column: 5,
        endLine: 4,
        endColumn: 11,
        code: 'unknown-key',
        severity: 'error',
        message: 'a',
        hints: [],
        related: [{ file: 'p.yaml', line: 1, column: 1, endLine: 1, endColumn: 5, message: 'r' }],
      },
      {
        file: 'p.yaml',
        line: 5,
        column: 5,
        endLine: 5,
        endColumn: 10,
        code: 'unused',
        severity: 'warning',
        message: 'b\u001b',
        hints: [],
        related: [],
      },
    ]);
  });
});
