/** `seq` numbers events, and a number that is taken and not told of would look like one that was lost: it stands among fields only. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { operands, type Typed } from '../language/expression/typed.js';
import { type MainBody, type StartBody, type TypedProgram, valuesOf } from './typed-pipeline.js';

export function refuseStrayNumbers({ body }: TypedProgram, sink: DiagnosticSink): void {
  const visit = (node: Typed): void => {
    if (node.op === 'builtin' && node.name === 'seq')
      sink.add('stage', '"seq" numbers events, and stands among "fields" only', node.span, {
        hints: ['to tell hits apart, use time, or count them into a map'],
      });
    else for (const each of operands(node)) visit(each);
  };
  for (const value of body.kind === 'start' ? startValues(body) : unemittedValues(body)) visit(value);
}

const startValues = ({ where, key, saved }: StartBody): Typed[] => [
  ...where,
  ...key,
  ...saved.map(({ value }) => value),
];

function unemittedValues({ endKey, whereBefore, where, updates }: MainBody): Typed[] {
  const updated = updates.flatMap(({ key, operation }) => [...key, ...valuesOf(operation)]);
  return [...(endKey ?? []), ...whereBefore, ...where, ...updated];
}
