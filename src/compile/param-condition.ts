/** What of a condition is about params alone: where it does not hold, the program would leave out every hit, and is not attached. */
import type { Typed } from '../language/expression/typed.js';
import type { Type } from '../language/types.js';
import type { ParamComparison, ParamCondition, ParamOperand } from './manifest.js';
import type { TypedProgram } from './typed-pipeline.js';

/** What params must be for the program to see anything; `undefined` where they rule nothing out by themselves. */
export function neededOfParams({ body }: Pick<TypedProgram, 'body'>): ParamCondition | undefined {
  const conditions = body.kind === 'main' ? [...body.whereBefore, ...body.where] : body.where;
  return all(conditions.map((each) => neededFor(each, true)));
}

/** What params must be for the node to be `wanted`; `undefined` where it may be, whatever they are. */
function neededFor(node: Typed, wanted: boolean): ParamCondition | undefined {
  switch (node.op) {
    case 'constant':
      return (node.value !== 0n) === wanted ? undefined : never;
    case 'param':
      return node.type.kind === 'bool' ? given({ param: node.name }, wanted) : undefined;
    case 'let':
      return neededFor(node.value, wanted);
    case 'unary':
      return node.operator === 'not' ? neededFor(node.operand, !wanted) : undefined;
    case 'choice': {
      const { condition, whenTrue, whenFalse } = node;
      if (condition.op === 'constant') return neededFor(condition.value !== 0n ? whenTrue : whenFalse, wanted);
      return any([neededFor(whenTrue, wanted), neededFor(whenFalse, wanted)]);
    }
    case 'binary': {
      const { operator, left, right } = node;
      if (operator === 'and' || operator === 'or') {
        const both = [neededFor(left, wanted), neededFor(right, wanted)];
        return (operator === 'and') === wanted ? all(both) : any(both);
      }
      const compare = comparisons.find((each) => each === operator);
      if (compare === undefined) return undefined;
      const sides = { left: operandOf(left), right: operandOf(right) };
      if (sides.left === undefined || sides.right === undefined) return undefined;
      return given({ compare, left: sides.left, right: sides.right }, wanted);
    }
    default:
      return undefined;
  }
}

const comparisons: readonly ParamComparison[] = ['==', '!=', '<', '<=', '>', '>='];
const never: ParamCondition = { any: [] };

const given = (condition: ParamCondition, wanted: boolean): ParamCondition => (wanted ? condition : { not: condition });

function all(conditions: readonly (ParamCondition | undefined)[]): ParamCondition | undefined {
  const known = conditions.flatMap((each) => each ?? []);
  return known.length > 1 ? { all: known } : known[0];
}

/** One that is not known may hold. */
function any(conditions: readonly (ParamCondition | undefined)[]): ParamCondition | undefined {
  const known = conditions.flatMap((each) => each ?? []);
  return known.length === conditions.length ? { any: known } : undefined;
}

function operandOf(node: Typed): ParamOperand | undefined {
  if (node.op === 'constant') return { integer: String(node.value) };
  if (node.op === 'param') return isInteger(node.type) ? { param: node.name } : undefined;
  if (node.op === 'convert' && keepsValue(node.operand.type, node.type)) return operandOf(node.operand);
  return undefined;
}

const isInteger = ({ kind }: Type): boolean => kind === 'int' || kind === 'enum' || kind === 'bool';

function keepsValue(from: Type, to: Type): boolean {
  if (from.kind !== 'int' || to.kind !== 'int') return false;
  return from.signed === to.signed ? to.bits >= from.bits : to.signed && to.bits > from.bits;
}
