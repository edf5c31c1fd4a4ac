/**
 * A template → a function from an event's or a row's columns to its line. Values are shown as machine formats have them, control
 * characters as escapes: an event is one line whatever is in a file's name, and moves no cursor.
 */
import { safeText } from '../diagnostics/terminal-text.js';
import type { TemplatePiece, TemplateValue } from '../language/template/template.js';
import { helperNames } from '../language/template/template-helpers.js';
import { templateHelpers } from './template-values.js';
import { cell, type UserValue } from './user-value.js';

export type Columns = Readonly<Record<string, UserValue>>;
type Part = (columns: Columns) => string;

/** With its line end. A column that an event does not have is empty. */
export function templateLine(pieces: readonly TemplatePiece[]): (columns: Columns) => string {
  const line = joined(pieces);
  return (columns) => {
    const text = line(columns);
    return text.endsWith('\n') ? text : `${text}\n`;
  };
}

function joined(pieces: readonly TemplatePiece[]): Part {
  const parts = pieces.map(part);
  return (columns) => {
    let text = '';
    for (const each of parts) text += each(columns);
    return text;
  };
}

function part(piece: TemplatePiece): Part {
  switch (piece.kind) {
    case 'text': {
      // A pipeline may come from anybody: its own text is no more trusted than a file's name.
      const text = piece.text.replace(/[^\n\t]+/g, safeText);
      return () => text;
    }
    case 'value':
      return shown(piece.value);
    case 'if': {
      const condition = reader(piece.condition);
      const [met, unmet] = [joined(piece.met), joined(piece.unmet)];
      return (columns) => (truth(condition(columns)) ? met(columns) : unmet(columns));
    }
  }
}

/** Helpers give texts that are harmless already. */
function shown(value: TemplateValue): Part {
  const read = reader(value);
  if (value.kind === 'call') return (columns) => String(read(columns));
  return (columns) => cell(read(columns));
}

function reader(value: TemplateValue): (columns: Columns) => UserValue {
  switch (value.kind) {
    case 'literal':
      return () => value.value;
    case 'column': {
      const { name } = value;
      return (columns) => (Object.hasOwn(columns, name) ? (columns[name] ?? null) : null);
    }
    case 'call': {
      const found = helperNames.find((name) => name === value.helper);
      if (found === undefined) throw new Error(`no template calls ${value.helper}`);
      const helper = templateHelpers[found];
      const [first = none, second = none] = value.values.map(reader);
      return (columns) => helper(first(columns), second(columns));
    }
  }
}

const none = (): UserValue => null;

/** As Handlebars has it: nothing, 0, false and an empty text are not. */
const truth = (value: UserValue): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));
