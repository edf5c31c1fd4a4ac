/** `bhist(x, bound, bound, …)`: the bounds of a histogram that its author chose, each the largest value of its bucket. */
import type { Expression } from '../language/expression/ast.js';
import type { Checker } from '../language/expression/checker.js';
import { describeType } from '../language/expression/describe.js';
import type { Typed } from '../language/expression/typed.js';
import type { UpdateOperation } from './typed-pipeline.js';

/** Programs look for the bucket from the first bound on, one comparison each. */
const maxBounds = 64;

export function ownBounds(
  value: Typed,
  expressions: readonly Expression[],
  checker: Checker,
): UpdateOperation | undefined {
  const { sink } = checker;
  const bounds: bigint[] = [];
  for (const expression of expressions) {
    const typed = checker.check(expression);
    if (typed === undefined) return undefined;
    if (typed.op !== 'constant') {
      sink.add('map-value', 'the bounds of bhist() are constants', expression.span);
      return undefined;
    }
    if (isTime(typed) !== isTime(value) && typed.value !== 0n) {
      sink.add(
        'type-mismatch',
        `bhist() counts ${describeType(value.type)}, and this is ${describeType(typed.type)}`,
        expression.span,
        {
          hints: [isTime(value) ? 'write a time, such as 5ms' : 'write a number without a unit of time'],
        },
      );
      return undefined;
    }
    const before = bounds.at(-1);
    if (before !== undefined && typed.value <= before) {
      sink.add('value-range', 'the bounds of bhist() grow from one to the next', expression.span, {
        hints: ['bhist(x, 5ms, 10ms, 25ms) counts up to 5 ms, up to 10 ms, up to 25 ms, and what is above'],
      });
      return undefined;
    }
    bounds.push(typed.value);
  }
  const beyond = expressions[maxBounds];
  if (beyond !== undefined) {
    sink.add('value-range', `bhist() has at most ${maxBounds} bounds`, beyond.span, {
      hints: ['hist(x) has a bucket for each power of two, lhist(x, min, max, step) up to 1024 equal ones'],
    });
    return undefined;
  }
  return { kind: 'bhist', value, bounds };
}

const isTime = ({ type }: Typed): boolean => type.kind === 'int' && type.meaning === 'duration';
