/** The scope of expressions outside of probes: constants, functions, and what the place itself has. */
import type { Names, Scope } from '../language/expression/scope.js';
import type { Typed } from '../language/expression/typed.js';

/** `missing` says why there are no arguments and the like: `it is not known before the pipeline runs`. */
export function constantScope(names: Names, missing: string, values: ReadonlyMap<string, Typed> = new Map()): Scope {
  const none = { missing, hints: [] };
  return {
    names,
    params: new Map(),
    maps: new Map(),
    lets: new Map([...values].map(([name, { span }]) => [name, nothing(name, span)])),
    checkedLets: new Map(values),
    args: none,
    retval: none,
    duration: none,
    start: none,
    hookName: (span) => ({ op: 'builtin', name: 'comm', type: { kind: 'comm' }, span }),
    probe: (span) => ({ op: 'builtin', name: 'comm', type: { kind: 'comm' }, span }),
    used: { params: new Set(), lets: new Set() },
  };
}

/** A value that is known already is never read from its text. */
const nothing = (
  name: string,
  span: Typed['span'],
): Scope['lets'] extends ReadonlyMap<string, infer Value> ? Value : never => ({
  name: { value: name, span },
  expression: { text: name, span, offsetAt: () => span.start },
});
