/** Tests of texts that run in the kernel. */
import * as types from '../types.js';
import { canBeEqual } from './comparison.js';
import { type LanguageFunction, wrongArgument } from './language-function.js';
import type { TextTest } from './typed.js';

function textTest(name: string, test: TextTest['test'], what: string, description: string): LanguageFunction {
  return {
    name,
    stage: 'kernel',
    signature: `${name}(text, "${what}")`,
    description,
    arity: [2, 2],
    check: ({ arguments: [text, wanted], sink, span }) => {
      if (text === undefined || wanted === undefined) return undefined;
      if (text.type.kind !== 'string' && text.type.kind !== 'comm')
        return wrongArgument(sink, text, `${name}() takes a text`, ['read it with str(…)']);
      if (wanted.op !== 'text') return wrongArgument(sink, wanted, `the ${what} is a text literal`);
      const node: TextTest = { op: 'textTest', test, text, wanted, type: types.bool, span };
      return canBeEqual(node, sink) ? node : undefined;
    },
  };
}

export const textFunctions: readonly LanguageFunction[] = [
  textTest('starts_with', 'starts with', 'beginning', 'whether a text begins with a constant one'),
  textTest('ends_with', 'ends with', 'end', 'whether a text ends with a constant one'),
  textTest('contains', 'contains', 'part', 'whether a constant text stands anywhere in a text'),
];
