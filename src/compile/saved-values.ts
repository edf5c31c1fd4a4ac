/** What a pair keeps from its start for its end: collected while the end's body is checked, computed in each start program. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import { spanText } from '../diagnostics/source.js';
import type { Expression } from '../language/expression/ast.js';
import { describeType } from '../language/expression/describe.js';
import { integerShape, sameType } from '../language/expression/fit.js';
import type { ArgumentList } from '../language/expression/scope.js';
import type { Typed } from '../language/expression/typed.js';
import type { Type } from '../language/types.js';
import { ofPieces, piecesOf } from './kept-pieces.js';
import type { PairSlot } from './typed-pipeline.js';

export interface SavedExpression extends PairSlot {
  /** As of the start: an expression of the user's, or an argument of the entry by its name. */
  readonly source: { readonly expression: Expression } | { readonly argument: string; readonly piece?: number };
  readonly span: Span;
}

export class SavedValues {
  readonly slots = new Map<string, SavedExpression>();
  durationUsed = false;

  constructor(private readonly sink: DiagnosticSink) {}

  get used(): boolean {
    return this.durationUsed || this.slots.size > 0;
  }

  /** An expression of the user's as of the start; `typed` is what it is there. */
  keepExpression(expression: Expression, typed: Typed, span: Span): Typed | undefined {
    const text = spanText(span).replace(/^start\s*\.\s*/, '');
    return this.keep(text, typed.type, { expression }, span);
  }

  /** The entry's arguments, each kept once it is asked for. */
  argumentsOf(entry: ArgumentList): ArgumentList {
    return {
      owner: entry.owner,
      names: () => entry.names(),
      ...(entry.absent === undefined ? {} : { absent: entry.absent }),
      get: (name) => {
        const atEntry = entry.get(name);
        if (atEntry === undefined) return undefined;
        return (span) => {
          const typed = atEntry(span);
          return (
            this.keepPieces(name, typed, span) ??
            this.keep(`args.${name}`, typed.type, { argument: name }, span) ??
            typed
          );
        };
      },
    };
  }

  /** A small struct: each word of it is kept, and put together again at the end. */
  private keepPieces(name: string, typed: Typed, span: Span): Typed | undefined {
    const atEntry = piecesOf(typed);
    if (atEntry === undefined) return undefined;
    const pieces = atEntry.flatMap((piece, index) => {
      const value = this.keep(`args.${name}.${index}`, piece.value.type, { argument: name, piece: index }, span);
      return value === undefined ? [] : [{ ...piece, value }];
    });
    return ofPieces(typed, pieces);
  }

  private keep(text: string, type: Type, source: SavedExpression['source'], span: Span): Typed | undefined {
    if (!keepable(type)) {
      this.sink.add('type-mismatch', `${describeType(type)} cannot be kept from the start`, span, {
        hints: ['keep a pointer, or a member of it'],
      });
      return undefined;
    }
    const existing = this.slots.get(text);
    if (existing !== undefined && !interchangeable(existing.type, type)) {
      this.sink.add(
        'type-mismatch',
        `"${text}" is ${describeType(existing.type)} at one start and ${describeType(type)} at another`,
        span,
      );
      return undefined;
    }
    const name = existing?.name ?? slotName(text, [...this.slots.values()]);
    if (existing === undefined) this.slots.set(text, { name, type, source, span });
    return { op: 'saved', name, type, span };
  }
}

function keepable(type: Type): boolean {
  return (
    integerShape(type) !== undefined ||
    ['pointer', 'comm', 'ip', 'mac', 'string', 'bytes', 'kstack', 'ustack'].includes(type.kind)
  );
}

const wide = (type: Type): boolean => integerShape(type) !== undefined || type.kind === 'pointer';

export function interchangeable(a: Type, b: Type): boolean {
  return (wide(a) && wide(b)) || sameType(a, b);
}

function slotName(text: string, taken: readonly PairSlot[]): string {
  const base =
    text
      .replace(/[^A-Za-z0-9_]+/g, '_')
      .replace(/^_+|_+$/g, '')
      .slice(0, 48) || 'value';
  let name = base;
  for (let suffix = 2; taken.some((each) => each.name === name); suffix++) name = `${base}_${suffix}`;
  return name;
}
