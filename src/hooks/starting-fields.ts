/** Fields that a new pipeline for a hook may have: names, expressions and types of what the hook gives, each of which holds as it stands. */
import type { Span } from '../diagnostics/source.js';
import { describeType } from '../language/expression/describe.js';
import { sameType } from '../language/expression/fit.js';
import type { ArgumentList } from '../language/expression/scope.js';
import type { Type } from '../language/types.js';
import type { Attachment, Way } from './hook.js';

export interface StartingField {
  readonly name: string;
  readonly expression: string;
  /** In words; empty where the name says it. */
  readonly type: string;
}

const nowhere: Span = { source: { name: '', text: '' }, start: 0, end: 0 };
/** What a field is called otherwise. */
const always = ['time', 'pid', 'comm', 'cpu', 'hook', 'retval', 'duration'];

/** Of a pattern's matches what all of them give, with one type. */
export function startingFields(way: Way): readonly StartingField[] {
  const [first, ...others] = way;
  const list = first && argumentsOf(first);
  if (first === undefined) return [];
  const { message } = first.main;
  if (message !== undefined) {
    const own = message.names;
    return own.names().flatMap((name) => {
      const type = own.get(name)?.(nowhere).type;
      return type === undefined || name === 'time' ? [] : [{ name, expression: name, type: describeType(type) }];
    });
  }
  const args = (list?.names() ?? []).flatMap((name): StartingField[] => {
    const type = list?.get(name)?.(nowhere).type;
    if (type === undefined || !others.every((each) => hasLike(each, name, type))) return [];
    const expression = expressionOf(`args.${name}`, type);
    return expression === undefined ? [] : [{ name: fieldName(name), expression, type: describeType(type) }];
  });
  return [...args, ...resultOf(first, others)];
}

/** Whether the task that runs is the hook's: a snapshot's is its reader. */
export function hasTask(way: Way): boolean {
  return way.every(({ main }) => main.noTask === undefined);
}

function argumentsOf({ main, entry }: Attachment): ArgumentList | undefined {
  const args = 'value' in main.args ? main.args : entry?.args;
  return args !== undefined && 'value' in args ? args.value : undefined;
}

function hasLike(attachment: Attachment, name: string, type: Type): boolean {
  const other = argumentsOf(attachment)?.get(name)?.(nowhere).type;
  return other !== undefined && sameType(other, type);
}

function resultOf({ main, entry }: Attachment, others: readonly Attachment[]): StartingField[] {
  const fields: StartingField[] = [];
  const type = 'value' in main.retval ? main.retval.value(nowhere).type : undefined;
  const alike = others.every(({ main: { retval } }) =>
    type === undefined ? true : 'value' in retval && sameType(retval.value(nowhere).type, type),
  );
  const expression = type === undefined || !alike ? undefined : expressionOf('retval', type);
  if (type !== undefined && expression !== undefined)
    fields.push({ name: 'retval', expression, type: describeType(type) });
  if (entry !== undefined) fields.push({ name: 'duration', expression: 'duration', type: '' });
  return fields;
}

/** Texts are read; of structs a field can show none, and what they hold is for their members. */
function expressionOf(value: string, type: Type): string | undefined {
  const isText = (each: Type): boolean => each.kind === 'int' && each.char === true;
  switch (type.kind) {
    case 'pointer':
      return isText(type.target) ? `str(${value})` : value;
    case 'array':
      return isText(type.element) ? `str(${value})` : undefined;
    case 'struct':
    case 'void':
    case 'float':
    case 'function':
      return undefined;
    default:
      return value;
  }
}

function fieldName(argument: string): string {
  if (!/^[A-Za-z_]\w*$/.test(argument)) return `arg${argument.replace(/\W+/g, '_')}`;
  return always.includes(argument) ? `${argument}_argument` : argument;
}
