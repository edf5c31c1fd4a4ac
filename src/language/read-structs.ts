/** `structs:` → specs. What its types are is looked at where there is a kernel. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { DocumentNode, MappingEntry } from './document-node.js';
import { checkName } from './names.js';
import { child, entriesOf, present, scalarOf, textOf, wholeNumber } from './node-parts.js';
import type { Located, MemberOffset, StructMemberSpec, StructSpec } from './spec.js';

export function readStructs(node: DocumentNode | undefined, sink: DiagnosticSink): readonly StructSpec[] {
  return entriesOf(node).flatMap((entry) => readStruct(entry, sink) ?? []);
}

function readStruct({ key, keySpan, value: node }: MappingEntry, sink: DiagnosticSink): StructSpec | undefined {
  const named = checkName(key, 'struct', keySpan, sink);
  const members = entriesOf(child(node, 'members')).flatMap((entry) => readMember(entry, sink) ?? []);
  if (!named || members.length === 0) return undefined;
  const textNode = child(node, 'text');
  const pointer = locatedText(child(textNode, 'pointer'));
  const length = locatedText(child(textNode, 'length'));
  return {
    name: { value: key, span: keySpan },
    members,
    ...present({
      debugName: scalarOf(child(node, 'debug_name'))?.text,
      text: pointer && length && { pointer, length },
    }),
  };
}

function readMember({ key, keySpan, value: node }: MappingEntry, sink: DiagnosticSink): StructMemberSpec | undefined {
  const named = checkName(key, 'member', keySpan, sink);
  const type = textOf(child(node, 'type'));
  const offset = readOffset(child(node, 'offset'), sink);
  if (!named || type === undefined || offset === undefined) return undefined;
  return { name: { value: key, span: keySpan }, type, offset };
}

function readOffset(node: DocumentNode | undefined, sink: DiagnosticSink): MemberOffset | undefined {
  if (node?.kind !== 'mapping') {
    const always = wholeNumber(node);
    return always && { always: Number(always.value) };
  }
  const since = node.entries.flatMap(({ key, keySpan, value }) => {
    const minor = /^go1\.([0-9]{1,3})$/.exec(key)?.[1];
    const offset = wholeNumber(value);
    if (minor === undefined) {
      sink.add('bad-value', `"${key}" is no version of Go`, keySpan, {
        hints: ['write go1.18, without a third number'],
      });
    }
    return minor === undefined || offset === undefined ? [] : [{ minor: Number(minor), offset: Number(offset.value) }];
  });
  // The newest first.
  return since.length === 0 ? undefined : { since: since.sort((a, b) => b.minor - a.minor) };
}

function locatedText(node: DocumentNode | undefined): Located<string> | undefined {
  const scalar = scalarOf(node);
  return scalar && { value: scalar.text, span: scalar.span };
}
