/** A name alone: a `let` value, a builtin, an enumerator or a macro. */
import type { DiagnosticSink } from '../../diagnostics/diagnostic.js';
import type { Span } from '../../diagnostics/source.js';
import { didYouMean } from '../../diagnostics/suggest.js';
import type { Type } from '../types.js';
import * as types from '../types.js';
import type { Name } from './ast.js';
import type { Checker } from './checker.js';
import { familiarName } from './familiar-names.js';
import { functions } from './functions.js';
import { memberOf } from './members.js';
import { parseExpression } from './parser.js';
import type { Given } from './scope.js';
import { mostFrames, stackValue } from './stacks.js';
import type { BuiltinName, Typed } from './typed.js';

/** Builtins that need nothing of the hook. */
const plainBuiltins: ReadonlyMap<string, { readonly name: BuiltinName; readonly type: Type }> = new Map([
  ['time', { name: 'now', type: types.timestamp }],
  ['now', { name: 'now', type: types.u64 }],
  ['pid', { name: 'pid', type: types.u32 }],
  ['tid', { name: 'tid', type: types.u32 }],
  ['uid', { name: 'uid', type: types.u32 }],
  ['gid', { name: 'gid', type: types.u32 }],
  ['comm', { name: 'comm', type: types.comm }],
  ['cpu', { name: 'cpu', type: types.u32 }],
  ['cgroup', { name: 'cgroup', type: types.u64 }],
  ['seq', { name: 'seq', type: types.u64 }],
  ['self', { name: 'self', type: types.bool }],
]);

/** Words that stand before a dot only, and how. */
const prefixes: ReadonlyMap<string, string> = new Map([
  ['args', 'args.NAME'],
  ['start', 'start.args.NAME'],
  ['param', 'param.NAME'],
  ['hook', 'hook.name'],
]);

export const builtinNames = [
  ...plainBuiltins.keys(),
  'ppid',
  'task',
  'retval',
  'duration',
  'kstack',
  'ustack',
  'probe',
  ...prefixes.keys(),
];

export function nameValue(checker: Checker, { name, span }: Name): Typed | undefined {
  const { scope, sink } = checker;
  if (scope.lets.has(name)) return letValue(checker, name, span);
  const own = scope.message?.names.get(name);
  if (own !== undefined) return own(span);
  const plain = plainBuiltins.get(name);
  if (plain !== undefined) return { op: 'builtin', name: plain.name, type: plain.type, span };
  const example = prefixes.get(name);
  if (example !== undefined) {
    sink.add('type-mismatch', `"${name}" is no value by itself`, span, { hints: [`write ${example}`] });
    return undefined;
  }
  switch (name) {
    case 'task':
      return task(checker, span);
    case 'ppid': {
      const own = task(checker, span);
      const parent = own && memberOf(own, 'real_parent', span, span, sink);
      const id = parent && memberOf(parent, 'tgid', span, span, sink);
      return id && { op: 'convert', operand: id, type: types.u32, span };
    }
    case 'retval':
      return given(scope.retval, 'retval', span, sink)?.(span);
    case 'duration':
      return given(scope.duration, 'duration', span, sink)?.(span);
    case 'kstack':
    case 'ustack':
      return stackValue(name, mostFrames, span);
    case 'probe':
      return scope.probe(span);
  }
  return constantByName(checker, name, span);
}

function constantByName({ scope, sink }: Checker, name: string, span: Span): Typed | undefined {
  const enumerator = scope.binary?.()?.enumerator(name) ?? scope.names.enumerator(name);
  if (enumerator !== undefined) return { op: 'constant', value: enumerator.value, type: enumerator.type, span };
  const defined = scope.names.define(name);
  if (defined !== undefined)
    return { op: 'constant', value: defined, type: defined < 0n ? types.i64 : types.u64, span };
  if (scope.maps.has(name)) {
    sink.add('type-mismatch', `"${name}" is a map, not a value`, span, { hints: [`write ${name}[key]`] });
    return undefined;
  }
  const called = functions.get(name);
  if (called !== undefined) {
    sink.add('type-mismatch', `"${name}" is a function`, span, { hints: [`call it: ${called.signature}`] });
    return undefined;
  }
  sink.add('name-unknown', `unknown name "${name}"`, span, { hints: hintsForName({ scope }, name) });
  return undefined;
}

function hintsForName({ scope }: Pick<Checker, 'scope'>, name: string): string[] {
  const { args, params, lets, maps, names, message } = scope;
  if ('value' in args && args.value.get(name) !== undefined) return [`the hook’s argument is args.${name}`];
  if (params.has(name)) return [`a param is written param.${name}`];
  const familiar = familiarName(name);
  if (familiar.length > 0) return familiar;
  // Constants are written in capitals, and near to a wrong one of them there is no builtin.
  if (/^[A-Z][A-Z0-9_]+$/.test(name)) {
    const near = didYouMean(name, [...names.names('enumerator'), ...names.defineNames()]);
    if (near.length > 0) return near;
  }
  return didYouMean(name, [...lets.keys(), ...maps.keys(), ...(message?.names.names() ?? []), ...builtinNames]);
}

function letValue(checker: Checker, name: string, span: Span): Typed | undefined {
  const { scope, sink } = checker;
  const { lets, checkedLets, used } = scope;
  used.lets.add(name);
  const known = checkedLets.get(name);
  if (known === 'failed') return undefined;
  if (known === 'checking') {
    sink.add('let-cycle', `the let value "${name}" needs itself`, span);
    return undefined;
  }
  if (known !== undefined) return { ...known, span };
  const written = lets.get(name);
  if (written === undefined) return undefined;
  checkedLets.set(name, 'checking');
  const expression = parseExpression(written.expression, sink);
  const value = expression && checker.check(expression);
  const typed: Typed | undefined =
    value === undefined || value.op === 'place' ? value : { op: 'let', name, value, type: value.type, span };
  checkedLets.set(name, typed ?? 'failed');
  return typed && { ...typed, span };
}

function task({ scope, sink }: Checker, span: Span): Typed | undefined {
  const struct = scope.names.struct('task_struct');
  if (struct === undefined) {
    sink.add('type-unknown', `${scope.names.label} has no struct "task_struct"`, span);
    return undefined;
  }
  return { op: 'builtin', name: 'task', type: { kind: 'pointer', space: 'kernel', target: struct }, span };
}

/** What the hook gives under a name, or why it does not. */
export function given<Value>(found: Given<Value>, name: string, span: Span, sink: DiagnosticSink): Value | undefined {
  if ('value' in found) return found.value;
  sink.add('name-unknown', `"${name}" is not there: ${found.missing}`, span, { hints: found.hints });
  return undefined;
}
