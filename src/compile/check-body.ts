/** The parts of a probe's body: conditions and fields. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Expression } from '../language/expression/ast.js';
import type { Checker } from '../language/expression/checker.js';
import { describeType } from '../language/expression/describe.js';
import { asCondition } from '../language/expression/operators.js';
import { parseExpression } from '../language/expression/parser.js';
import { some, stageOf, type Typed } from '../language/expression/typed.js';
import type { LocatedText, NamedExpression } from '../language/spec.js';
import type { TypedField } from './typed-pipeline.js';

export type ParsedCondition = Expression;

/** `a and b and c` → a, b, c: each is its own early way out. */
export function parseConditions(text: LocatedText | undefined, sink: DiagnosticSink): ParsedCondition[] {
  if (text === undefined) return [];
  const expression = parseExpression(text, sink);
  return expression === undefined ? [] : conjuncts(expression);
}

function conjuncts(expression: Expression): Expression[] {
  if (expression.kind !== 'binary' || expression.operator !== 'and') return [expression];
  return [...conjuncts(expression.left), ...conjuncts(expression.right)];
}

/** The conditions, those that read no memory first (their order is otherwise kept). */
export function checkConditions(conditions: readonly ParsedCondition[], checker: Checker): Typed[] {
  const typed = conditions.flatMap((each) => checkCondition(each, checker) ?? []);
  const cheap = typed.filter((each) => !readsMemory(each));
  return [...cheap, ...typed.filter(readsMemory)];
}

export function checkCondition(expression: Expression, checker: Checker): Typed | undefined {
  const value = checker.value(expression);
  const condition = value && asCondition(value, checker.sink);
  if (condition !== undefined && stageOf(condition) === 'user') {
    checker.sink.add(
      'stage',
      '"where" is decided in the kernel, but this value exists only in user space',
      expression.span,
      {
        hints: ['filter on the number itself, or use the "where" of a sink'],
      },
    );
    return undefined;
  }
  return condition;
}

function readsMemory(condition: Typed): boolean {
  return some(
    condition,
    ({ op }) => op === 'load' || op === 'readText' || op === 'readBytes' || op === 'lookup' || op === 'contains',
  );
}

/** True for what has the same value at the entry of a call as at its return, without reading memory: it can be decided at the entry. */
export function decidedAtEntry(condition: Typed): boolean {
  return !some(condition, (node) => {
    switch (node.op) {
      case 'builtin':
        return !['pid', 'tid', 'uid', 'gid', 'cgroup', 'self'].includes(node.name);
      case 'context':
        return node.access.via === 'record address' || node.access.via === 'dynamic address';
      case 'constant':
      case 'param':
      case 'binary':
      case 'unary':
      case 'convert':
      case 'choice':
      case 'call':
      case 'let':
        return false;
      default:
        return true;
    }
  });
}

export function checkFields(fields: readonly NamedExpression[], checker: Checker): TypedField[] {
  return fields.flatMap(({ name, expression }) => {
    const parsed = parseExpression(expression, checker.sink);
    const value = parsed && checker.value(parsed);
    if (value === undefined) return [];
    if (value.type.kind === 'void' || value.type.kind === 'function' || value.type.kind === 'struct') {
      checker.sink.add('type-mismatch', `a field cannot show ${describeType(value.type)}`, expression.span);
      return [];
    }
    if (value.type.kind === 'pointer' && value.type.target.kind === 'int' && value.type.target.char === true) {
      checker.sink.add('text-address', 'this shows the address of a text, not the text', expression.span, {
        severity: 'note',
        hints: [`read it with str(${expression.text})`],
      });
    }
    return [{ name: name.value, span: expression.span, value }];
  });
}
