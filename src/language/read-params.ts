/** `params:` → specs, each default checked against its type. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { DocumentNode, MappingEntry } from './document-node.js';
import { checkName } from './names.js';
import { child, entriesOf, isTrue, present, scalarOf, textOf } from './node-parts.js';
import { paramValue } from './param-value.js';
import type { ParamSpec } from './spec.js';

export function readParams(node: DocumentNode | undefined, sink: DiagnosticSink): readonly ParamSpec[] {
  return entriesOf(node).flatMap((entry) => readParam(entry, sink) ?? []);
}

function readParam({ key, keySpan, value: node }: MappingEntry, sink: DiagnosticSink): ParamSpec | undefined {
  const named = checkName(key, 'param', keySpan, sink);
  const type = textOf(child(node, 'type'));
  const given = scalarOf(child(node, 'default'));
  const required = isTrue(child(node, 'required'));
  if (required && given !== undefined) {
    sink.add('bad-value', `the param "${key}" is required, so its default is never used`, given.span, {
      hints: ['leave out "default" or "required"'],
    });
  }
  if (!named || type === undefined) return undefined;
  const value = given && paramValue({ name: key, type: type.text, text: given.text, span: given.span }, sink);
  return {
    name: { value: key, span: keySpan },
    type,
    description: scalarOf(child(node, 'description'))?.text ?? '',
    required,
    ...present({ value: given === undefined || value === undefined ? undefined : { value, span: given.span } }),
  };
}
