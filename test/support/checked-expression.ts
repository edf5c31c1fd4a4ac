/** One expression, checked as in a probe of the rich kernel. */
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.js';
import { argumentList } from '../../src/hooks/arguments.js';
import type { Kernel } from '../../src/kernel/kernel.js';
import { Checker } from '../../src/language/expression/checker.js';
import { describeType } from '../../src/language/expression/describe.js';
import { parseExpression } from '../../src/language/expression/parser.js';
import type { MapShape, MapValueMember, Scope } from '../../src/language/expression/scope.js';
import { typeFromName } from '../../src/language/expression/type-from-name.js';
import { parseTypeName } from '../../src/language/expression/type-name.js';
import type { Typed } from '../../src/language/expression/typed.js';
import type { Type } from '../../src/language/types.js';
import { located, type Told, told } from './located-text.js';
import { richKernel } from './rich-kernel.js';

export const { kernel } = richKernel();

export interface Setting {
  readonly kernel?: Kernel;
  readonly lets?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly maps?: readonly MapShape[];
  /** What the expression is checked as: any place, or what can be shown. */
  readonly as?: 'place' | 'value';
  readonly change?: Partial<Scope>;
}

export function typeOf(text: string, from: Kernel = kernel): Type {
  const sink = new DiagnosticSink();
  const written = parseTypeName(located(text), sink);
  const type = written && typeFromName(written, from, sink);
  if (type === undefined) throw new Error(`${text}: ${sink.diagnostics.map((each) => each.message).join()}`);
  return type;
}

/** `value` as in YAML: an aggregation or a type, or such by member. */
export function map(
  name: string,
  key: Readonly<Record<string, string>> | undefined,
  value: string | Readonly<Record<string, string>>,
  perCpu = false,
): MapShape {
  const holds = (text: string): MapValueMember['holds'] =>
    ['count', 'sum', 'min', 'max', 'avg', 'stats', 'hist', 'lhist', 'bhist'].includes(text) ? text : typeOf(text);
  const members = typeof value === 'string' ? { '': value } : value;
  return {
    name,
    declared: located(`maps: ${name}`).span,
    key: key && Object.entries(key).map(([part, type]) => ({ name: part, type: typeOf(type) })),
    value: Object.entries(members).map(([member, text]) => ({ name: member, holds: holds(text) })),
    perCpu,
    form: 'entries',
    used: false,
    updated: false,
  };
}

const defaultArguments: Readonly<Record<string, string>> = {
  p: 'struct task_struct *',
  sk: 'struct sock *',
  sock: 'struct socket *',
  buf: 'user char *',
  msg: 'user struct msghdr *',
  text: 'char *',
  any: 'void *',
  numbers: 'u32 *',
  u8: 'u8',
  u16: 'u16',
  u32: 'u32',
  u64: 'u64',
  i8: 'i8',
  i32: 'i32',
  i64: 'i64',
  yes: 'bool',
  op: 'enum req_op',
  below: 'enum below',
};

export function scope({ kernel: from = kernel, lets = {}, params = {}, maps = [], change = {} }: Setting = {}): Scope {
  const args = Object.entries(defaultArguments).map(([name, type], index) => ({
    name,
    type: typeOf(type, from),
    access: { via: 'slot', index } as const,
  }));
  const none = { missing: 'this probe has no start and end', hints: [] };
  return {
    names: from,
    params: new Map(Object.entries(params).map(([name, type]) => [name, typeOf(type, from)])),
    maps: new Map(maps.map((each) => [each.name, each])),
    lets: new Map(
      Object.entries(lets).map(([name, text]) => {
        const expression = located(text);
        return [name, { name: { value: name, span: expression.span }, expression }];
      }),
    ),
    checkedLets: new Map(),
    args: { value: argumentList('tcp_connect', args) },
    retval: { missing: 'a function has no return value yet at its entry', hints: ['write call:tcp_connect'] },
    duration: none,
    start: none,
    hookName: (span) => ({
      op: 'constant',
      value: 0n,
      type: {
        kind: 'enum',
        name: 'hook',
        bits: 32,
        signed: false,
        enumerators: [
          { name: 'fentry:tcp_connect', value: 0n },
          { name: 'kprobe:tcp_connect', value: 1n },
        ],
      },
      span,
    }),
    probe: (span) => ({
      op: 'constant',
      value: 0n,
      type: { kind: 'enum', name: 'probe', bits: 32, signed: false, enumerators: [{ name: 'connect', value: 0n }] },
      span,
    }),
    used: { params: new Set(), lets: new Set() },
    ...change,
  };
}

export interface CheckedExpression {
  readonly typed: Typed | undefined;
  /** As in messages; with what an integer means. */
  readonly type: string | undefined;
  readonly problems: readonly Told[];
  readonly scope: Scope;
}

export function check(text: string, setting: Setting = {}): CheckedExpression {
  const sink = new DiagnosticSink();
  const inScope = scope(setting);
  const expression = parseExpression(located(text), sink);
  const checker = new Checker(inScope, sink);
  const typed = expression && (setting.as === 'place' ? checker.check(expression) : checker.value(expression));
  return {
    typed,
    type: typed && describeType(typed.type),
    problems: sink.diagnostics.map(told),
    scope: inScope,
  };
}
