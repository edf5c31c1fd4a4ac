/** Handlebars' tree → pieces of a template. Refused, each at its place: whatever a template has no use for (partials, `each`, paths). */
import { didYouMean, listed } from '../../diagnostics/suggest.js';
import type { TemplatePiece, TemplatePlace, TemplateProblem, TemplateValue } from './template.js';
import { helperNames, helperUses } from './template-helpers.js';

type Called = Pick<hbs.AST.MustacheStatement, 'path' | 'params' | 'hash' | 'loc'>;

const isContent = (node: hbs.AST.Node): node is hbs.AST.ContentStatement => node.type === 'ContentStatement';
const isMustache = (node: hbs.AST.Node): node is hbs.AST.MustacheStatement => node.type === 'MustacheStatement';
const isBlock = (node: hbs.AST.Node): node is hbs.AST.BlockStatement => node.type === 'BlockStatement';
const isPath = (node: hbs.AST.Node): node is hbs.AST.PathExpression => node.type === 'PathExpression';
const isCall = (node: hbs.AST.Node): node is hbs.AST.SubExpression => node.type === 'SubExpression';
const isText = (node: hbs.AST.Node): node is hbs.AST.StringLiteral => node.type === 'StringLiteral';
const isNumber = (node: hbs.AST.Node): node is hbs.AST.NumberLiteral => node.type === 'NumberLiteral';
const isBoolean = (node: hbs.AST.Node): node is hbs.AST.BooleanLiteral => node.type === 'BooleanLiteral';

/** Deeper than anybody writes; what a hostile pipeline nests must not use up the stack. */
const deepest = 32;

const nothing: TemplateValue = { kind: 'literal', value: null };

export class TemplateReader {
  readonly columns: { readonly name: string; readonly place: TemplatePlace }[] = [];
  readonly problems: TemplateProblem[] = [];
  /** Where each line of the template begins. */
  readonly #lines: readonly number[];
  #depth = 0;

  constructor(text: string) {
    const lines = [0];
    for (const { index, 0: found } of text.matchAll(/\r\n?|\n/g)) lines.push(index + found.length);
    this.#lines = lines;
  }

  pieces(program: hbs.AST.Program | undefined): readonly TemplatePiece[] {
    return (program?.body ?? []).flatMap((node): TemplatePiece[] => {
      if (node.type === 'CommentStatement') return [];
      if (isContent(node)) return node.value === '' ? [] : [{ kind: 'text', text: node.value }];
      if (isMustache(node)) return [{ kind: 'value', value: this.#mustache(node) }];
      if (isBlock(node)) return this.#block(node);
      this.#refuse('a template has no parts of others', node, ['write what it is to say here']);
      return [];
    });
  }

  #block(node: hbs.AST.BlockStatement): TemplatePiece[] {
    const name = isPath(node.path) ? node.path.original : '';
    const [condition] = node.params;
    const simple = node.hash === undefined || node.hash.pairs.length === 0;
    if ((name !== 'if' && name !== 'unless') || condition === undefined || node.params.length > 1 || !simple) {
      this.#refuse(`a template has no block "${name}" like this`, node.path, [
        'the blocks are {{#if COLUMN}}…{{else}}…{{/if}} and {{#unless COLUMN}}…{{/unless}}',
      ]);
      return [];
    }
    const value = this.#value(condition);
    const [yes, no] = this.#within(node, [[], []], () => [this.pieces(node.program), this.pieces(node.inverse)]);
    const [met, unmet] = name === 'if' ? [yes, no] : [no, yes];
    return [{ kind: 'if', condition: value, met, unmet }];
  }

  #mustache(node: hbs.AST.MustacheStatement): TemplateValue {
    // A column may be called as a helper is: what has nothing behind it is a column.
    if (node.params.length === 0 && isPath(node.path) && (node.hash?.pairs.length ?? 0) === 0)
      return this.#column(node.path);
    return this.#call(node);
  }

  #call({ path, params, hash }: Called): TemplateValue {
    const name = isPath(path) ? path.original : undefined;
    const [option] = hash?.pairs ?? [];
    if (name === undefined || option !== undefined) {
      this.#refuse('a column, or a helper and a column, stand between the braces', option ?? path, [helperHint]);
      return nothing;
    }
    const use = helperUses.get(name);
    if (use === undefined) {
      this.#refuse(
        `there is no helper "${name}"`,
        path,
        [...didYouMean(name, helperNames), helperHint],
        'name-unknown',
      );
      return nothing;
    }
    const values = this.#within(path, undefined, () => params.map((each) => this.#value(each)));
    if (values === undefined) return nothing;
    if (values.length === use.takes.length) return { kind: 'call', helper: name, values };
    this.#refuse(`"${name}" takes ${use.takes.length}, and here are ${values.length}`, path, [
      `write it so: {{${name} ${use.takes.join(' ')}}}`,
    ]);
    return nothing;
  }

  #value(node: hbs.AST.Expression): TemplateValue {
    if (isPath(node)) return this.#column(node);
    if (isCall(node)) return this.#call(node);
    if (isText(node) || isNumber(node) || isBoolean(node)) return { kind: 'literal', value: node.value };
    return nothing;
  }

  #column(node: hbs.AST.PathExpression): TemplateValue {
    const [name, ...parts] = node.parts;
    if (node.data || node.depth > 0 || typeof name !== 'string' || parts.length > 0) {
      this.#refuse(`"${node.original}" is no column`, node, ['name a column, as in {{pid}}: columns have no parts']);
      return nothing;
    }
    const place = this.#place(node);
    this.columns.push({ name, place });
    return { kind: 'column', name, place };
  }

  #within<Read, Otherwise>(node: hbs.AST.Node, otherwise: Otherwise, read: () => Read): Read | Otherwise {
    if (this.#depth >= deepest) {
      this.#refuse(`this is nested more than ${deepest} deep`, node, ['say it in fewer levels']);
      return otherwise;
    }
    this.#depth++;
    const found = read();
    this.#depth--;
    return found;
  }

  #refuse(message: string, node: hbs.AST.Node, hints: readonly string[], code: TemplateProblem['code'] = 'bad-value') {
    this.problems.push({ code, message, hints, ...this.#place(node) });
  }

  /** Handlebars counts lines from 1 and columns from 0. */
  #place({ loc }: hbs.AST.Node): TemplatePlace {
    const offset = ({ line, column }: hbs.AST.Position): number => (this.#lines[line - 1] ?? 0) + column;
    return { start: offset(loc.start), end: offset(loc.end) };
  }
}

const [helperHint = ''] = listed('the helpers are', helperNames);
