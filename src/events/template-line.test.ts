import { describe, expect, it } from 'vitest';
import { readTemplate } from '../language/template/template.js';
import { type Columns, templateLine } from './template-line.js';

function line(template: string, columns: Columns): string {
  const { pieces, problems } = readTemplate(template);
  expect(problems).toEqual([]);
  return templateLine(pieces)(columns);
}

describe('a line of a template', () => {
  it('has columns as machine formats have them, and one line end', () => {
    expect(line('{{a}} {{{b}}} {{c}}|{{d}}|{{e}}', { a: 1, b: '<&>"', c: 2n ** 60n, d: null, e: ['x', 'y'] })).toBe(
      '1 <&>" 1152921504606846976||x;y\n',
    );
    expect(line('{{a}}\n', { a: false })).toBe('false\n');
    expect(line('{{a}} {{~! said to nobody ~}} b \\{{a}}', { a: 0 })).toBe('0b {{a}}\n');
  });

  it('shows control characters as escapes, wherever they come from', () => {
    const hostile = '\u001b[2J\n\u202e\u009b';
    const escaped = '\\x1b[2J\\n\\u202e\\x9b';
    expect(line('{{a}}\t{{left a 1}}', { a: hostile })).toBe(`${escaped}\t${escaped}\n`);
    expect(line('\u001b[31m{{default a "\u001b"}}', { a: '' })).toBe('\\x1b[31m\\x1b\n');
    const json = line('{{json a}}', { a: hostile });
    expect(json).toBe('"\\u001b[2J\\n\\u202e\\u009b"\n');
    expect(JSON.parse(json)).toBe(hostile);
  });

  it('has the units of tables, and leaves what is no number as it is', () => {
    expect(line('{{duration a}} {{bytes a}} {{duration b}}', { a: 1_500_000, b: '-' })).toBe('1.5ms 1.43MiB -\n');
    expect(line('{{bytes a}} {{bytes b}} {{bytes c}}', { a: 1023, b: 1024n, c: -1536 })).toBe('1023B 1KiB -1.5KiB\n');
    expect(line('{{clock a}}', { a: '2026-01-31T10:20:30.123456789Z' })).toMatch(/^\d\d:\d\d:30\.123456\n$/);
    expect(line('[{{left a 5}}] [{{right (duration b) 6}}]', { a: '日本', b: 20 })).toBe('[日本 ] [  20ns]\n');
    expect(line('{{left a 100000000}}', { a: 'x' })).toHaveLength(1001);
  });

  it('chooses by conditions', () => {
    const template = '{{#if a}}yes{{else if b}}perhaps{{else}}no{{/if}}{{#unless b}}!{{/unless}}';
    expect(line(template, { a: 1, b: '' })).toBe('yes!\n');
    expect(line(template, { a: 0n, b: 'x' })).toBe('perhaps\n');
    expect(line(template, { a: null, b: false })).toBe('no!\n');
  });

  it('prefers a column to a helper of its name, and never looks behind an object', () => {
    expect(line('{{duration}} {{duration duration}}', { duration: 1000 })).toBe('1000 1us\n');
    expect(line('{{constructor}}{{__proto__}}{{toString}}', {})).toBe('\n');
  });
});

describe('a template that is nested', () => {
  it('is refused before it uses up the stack', () => {
    const deep = 400;
    const blocks = readTemplate(`${'{{#if a}}'.repeat(deep)}x${'{{/if}}'.repeat(deep)}`);
    const calls = readTemplate(`{{json ${'(json '.repeat(deep)}a${')'.repeat(deep)}}}`);
    for (const { problems } of [blocks, calls])
      expect(problems.map(({ message }) => message)).toEqual(['this is nested more than 32 deep']);
  });
});
