/**
 * A `template` of a sink → what it consists of. Handlebars reads it, so that what its users know holds (`{{~`, comments, `else`), but
 * nothing of it is run: a template is columns, a few helpers and conditions, and no text of the user's becomes code.
 */
import { requireFromPackage } from '../../package-files.js';
import { TemplateReader } from './template-reader.js';

export type TemplatePiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly value: TemplateValue }
  | {
      readonly kind: 'if';
      readonly condition: TemplateValue;
      readonly met: readonly TemplatePiece[];
      readonly unmet: readonly TemplatePiece[];
    };

export type TemplateValue =
  | { readonly kind: 'column'; readonly name: string; readonly place: TemplatePlace }
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'call'; readonly helper: string; readonly values: readonly TemplateValue[] };

/** Offsets in the template, `[start, end)`. */
export interface TemplatePlace {
  readonly start: number;
  readonly end: number;
}

export interface TemplateProblem extends TemplatePlace {
  readonly code: 'bad-value' | 'name-unknown';
  readonly message: string;
  readonly hints: readonly string[];
}

export interface ReadTemplate {
  readonly pieces: readonly TemplatePiece[];
  /** Every column that is named, in order. */
  readonly columns: readonly { readonly name: string; readonly place: TemplatePlace }[];
  readonly problems: readonly TemplateProblem[];
}

/** Only sinks with a template pay for loading Handlebars. */
function handlebars(): typeof import('handlebars') {
  const loaded: typeof import('handlebars') = requireFromPackage('handlebars');
  return loaded;
}

export function readTemplate(text: string): ReadTemplate {
  let program: hbs.AST.Program;
  try {
    program = handlebars().parse(text);
  } catch (error) {
    return { pieces: [], columns: [], problems: [syntaxProblem(text, error instanceof Error ? error.message : '')] };
  }
  const reader = new TemplateReader(text);
  const pieces = reader.pieces(program);
  return { pieces, columns: reader.columns, problems: reader.problems };
}

/** The innermost block that nothing ends. */
function openBlock(text: string): (TemplatePlace & { readonly block: string }) | undefined {
  const open: (TemplatePlace & { readonly block: string })[] = [];
  for (const { 0: whole, 1: sign, 2: block = '', index } of text.matchAll(/\{\{~?([#/])\s*(\w+)[^}]*\}\}/g)) {
    if (sign === '#') open.push({ block, start: index, end: index + whole.length });
    else open.pop();
  }
  return open.at(-1);
}

/** Handlebars tells the line that it could not go on in, and draws the rest for a wide terminal. */
function syntaxProblem(text: string, told: string): TemplateProblem {
  const open = told.includes("got 'EOF'") ? openBlock(text) : undefined;
  if (open !== undefined)
    return {
      code: 'bad-value',
      message: `"{{#${open.block}}}" has no "{{/${open.block}}}"`,
      start: open.start,
      end: open.end,
      hints: [`end it with {{/${open.block}}}`],
    };
  const line = Number(/(?:on line |- )(\d+)/.exec(told)?.[1] ?? 1);
  const lineEnd = text.split('\n').slice(0, line).join('\n').length;
  const start = Math.max(0, text.lastIndexOf('{{', Math.max(0, lineEnd - 1)));
  const close = text.indexOf('}}', start);
  const mismatch = /^(\S+) doesn't match (\S+)/.exec(told);
  return {
    code: 'bad-value',
    message:
      mismatch === null
        ? 'the template cannot be read from here'
        : `"{{#${mismatch[1]}}}" is ended by "{{/${mismatch[2]}}}"`,
    start,
    end: close < 0 ? text.length : close + 2,
    hints: [
      'write {{COLUMN}}, {{HELPER COLUMN}} or {{#if COLUMN}}…{{else}}…{{/if}}; \\{{ stands for the braces themselves',
    ],
  };
}
