/** Whether the params that a run was given let a program see anything: see compile/param-condition.ts. */
import type { ParamCondition, ParamManifest, ParamOperand } from '../compile/manifest.js';

export function holds(condition: ParamCondition, params: readonly ParamManifest[]): boolean {
  if ('all' in condition) return condition.all.every((each) => holds(each, params));
  if ('any' in condition) return condition.any.some((each) => holds(each, params));
  if ('not' in condition) return !holds(condition.not, params);
  if ('param' in condition) return integerOf(condition, params) !== 0n;
  const left = integerOf(condition.left, params);
  const right = integerOf(condition.right, params);
  switch (condition.compare) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

function integerOf(operand: ParamOperand, params: readonly ParamManifest[]): bigint {
  if ('integer' in operand) return BigInt(operand.integer);
  const value = params.find(({ name }) => name === operand.param)?.value ?? null;
  if (value === null || typeof value === 'string') throw new Error(`the param "${operand.param}" is no number`);
  return typeof value === 'boolean' ? BigInt(value) : BigInt(value.integer);
}
