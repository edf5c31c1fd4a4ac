import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Diagnostic, diagnostic } from './diagnostic.js';
import { diagnosticsJson, renderDiagnostics } from './render.js';
import type { Source, Span } from './source.js';
import { textWidth } from './terminal-text.js';

const source: Source = { name: 'p.yaml', text: 'name: x\nprobes:\n  conect: 1\n' };

function at(part: string, within: Source = source): Span {
  const start = within.text.indexOf(part);
  if (start < 0) throw new Error(`no ${part}`);
  return { source: within, start, end: start + part.length };
}

function render(...diagnostics: Diagnostic[]): string {
  return renderDiagnostics(diagnostics, { color: false });
}

/** The line of the source and the marks below it. */
function frame(text: string, part: string): string[] {
  const within = { name: 'p.yaml', text };
  return render(diagnostic('bad-value', 'm', at(part, within)))
    .split('\n')
    .slice(3, 5)
    .map((line) => line.replace(/^ *\d* \| ?/, ''));
}

describe('renderDiagnostics', () => {
  it('shows the message, the place, the line, marks, help, and a count', () => {
    const unknown = diagnostic('unknown-key', 'no key "conect"', at('conect'), { hints: ['did you mean "connect"?'] });
    expect(render(unknown)).toBe(
      [
        'error[unknown-key]: no key "conect"',
        ' --> p.yaml:3:3',
        '  |',
        '3 |   conect: 1',
        '  |   ^^^^^^',
        '  = help: did you mean "connect"?',
        '',
        '1 error',
        '',
      ].join('\n'),
    );
  });

  it('shows related places as frames of their own', () => {
    const twice = diagnostic('yaml-duplicate-key', 'twice', at('conect'), {
      related: [{ message: 'first here', span: at('name') }],
    });
    expect(render(twice)).toContain(
      ['  |   ^^^^^^', 'note: first here', ' --> p.yaml:1:1', '  |', '1 | name: x', '  | ^^^^', ''].join('\n'),
    );
  });

  it('shows the detail only if asked', () => {
    const refused = diagnostic('verifier', 'refused', undefined, { detail: '0: r1 = 0\n1: \u001b[2Jexit\n' });
    expect(render(refused)).toBe('error[verifier]: refused\n\n1 error\n');
    expect(renderDiagnostics([refused], { color: false, verbose: true })).toBe(
      'error[verifier]: refused\n  = more: docs/errors/verifier.md\n  | 0: r1 = 0\n  | 1: \\x1b[2Jexit\n\n1 error\n',
    );
  });

  it('sorts by place, those without one first, and tells each once', () => {
    const first = diagnostic('unused', 'unused', at('name'), { severity: 'warning' });
    const last = diagnostic('unknown-key', 'last', at('conect'));
    const general = diagnostic('privilege', 'no place');
    const text = render(last, first, { ...last }, general, last);
    expect(text.match(/^(?:error|warning).*/gm)).toEqual([
      'error[privilege]: no place',
      'warning[unused]: unused',
      'error[unknown-key]: last',
    ]);
    expect(text.endsWith('\n2 errors, 1 warning\n')).toBe(true);
    expect(render()).toBe('');
  });

  it('colours only if asked, whatever the terminal is, and says the same', () => {
    const one = diagnostic('unknown-key', 'x', at('conect'), {
      hints: ['y'],
      related: [{ message: 'z', span: at('name') }],
    });
    const coloured = renderDiagnostics([one], { color: true });
    expect(coloured).toContain('\u001b[31m');
    expect(stripVTControlCharacters(coloured)).toBe(render(one));
  });

  it('aligns gutters of line numbers of several lengths', () => {
    const long = { name: 'p.yaml', text: `a\n${'\n'.repeat(98)}b\n` };
    const text = render(
      diagnostic('bad-value', 'm', at('b', long), { related: [{ message: 'n', span: at('a', long) }] }),
    );
    expect(text).toContain('   --> p.yaml:100:1\n    |\n100 | b\n    | ^\n');
    expect(text).toContain('   --> p.yaml:1:1\n    |\n  1 | a\n    | ^\n');
  });
});

describe('code frames', () => {
  it.each([
    ['a: x y', 'x', ['a: x y', '   ^']],
    ['a:\tx y', 'x', ['a:  x y', '    ^']],
    ['\ta: x', 'a', ['    a: x', '    ^']],
    ['a: "日本" x', 'x', ['a: "日本" x', '          ^']],
    ['a: "日本" x', '本', ['a: "日本" x', '      ^^']],
    ['a: 😀 x', 'x', ['a: 😀 x', '      ^']],
    ['a: e\u0301 x', 'x', ['a: e\u0301 x', '     ^']],
    ['a: \u001b[31m x', 'x', ['a: \\x1b[31m x', '            ^']],
    ['a: \u202e x', '\u202e', ['a: \\u202e x', '   ^^^^^^']],
    ['a: [b,\n  c]', '[b,\n  c]', ['a: [b,', '   ^^^']],
    ['a: b\r\nc: d', 'b\r\nc', ['a: b', '   ^']],
    ['a: b\nc', '\n', ['a: b', '    ^']],
  ])('%j marks %j', (text, part, expected) => {
    expect(frame(text, part)).toEqual(expected);
  });

  it('shows a window of a long line', () => {
    const text = `${'x '.repeat(5000)}HERE${' y'.repeat(5000)}`;
    const [line = '', marks = ''] = frame(text, 'HERE');
    expect(line).toMatch(/^….*HERE.*…$/);
    expect(textWidth(line)).toBeLessThanOrEqual(162);
    expect(line.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)).toBe('HERE');
    const [whole = '', allMarks = ''] = frame(`a: ${'z'.repeat(100_000)}`, 'z'.repeat(100_000));
    expect(textWidth(whole)).toBeLessThanOrEqual(162);
    expect(textWidth(allMarks)).toBeLessThanOrEqual(161);
  });

  it('needs no text', () => {
    const empty = { name: 'e.yaml', text: '' };
    expect(render(diagnostic('wrong-shape', 'empty', { source: empty, start: 0, end: 0 }))).toBe(
      'error[wrong-shape]: empty\n --> e.yaml:1:1\n\n1 error\n',
    );
  });

  it('lets nothing through that could act on a terminal, and no frame grow', () => {
    const any = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(any, any, any, fc.nat(), fc.nat(), (text, name, message, start, length) => {
        const from = start % (text.length + 1);
        const to = Math.min(text.length, from + (length % 20));
        const span = { source: { name, text }, start: from, end: to };
        const one = diagnostic('bad-value', message, span, {
          hints: [message],
          related: [{ message, span }],
          detail: text,
        });
        const rendered = renderDiagnostics([one], { color: false, verbose: true });
        expect(rendered.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
        expect(rendered).toMatch(/\n1 error\n$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('diagnosticsJson', () => {
  it('gives places as editors count them', () => {
    const twice = diagnostic('yaml-duplicate-key', 'twice', at('conect: 1\n'), {
      hints: ['h'],
      related: [{ message: 'first', span: at('name') }],
    });
    const general = diagnostic('privilege', 'no place', undefined, { severity: 'warning', detail: 'long' });
    expect(diagnosticsJson([twice, general, twice])).toEqual([
      { code: 'privilege', severity: 'warning', message: 'no place', hints: [], related: [] },
      {
        file: 'p.yaml',
        line: 3,
        column: 3,
        endLine: 4,
        endColumn: 1,
        code: 'yaml-duplicate-key',
        severity: 'error',
        message: 'twice',
        hints: ['h'],
        related: [{ file: 'p.yaml', line: 1, column: 1, endLine: 1, endColumn: 5, message: 'first' }],
      },
    ]);
  });
});
