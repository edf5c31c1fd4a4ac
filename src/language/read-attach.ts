/** `attach:` and the sides of a `pair:` → alternatives, each of hooks that attach together. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { DocumentNode, MappingEntry, SequenceNode } from './document-node.js';
import { checkName } from './names.js';
import { child, entriesOf, piece, present, textOf, trimmed } from './node-parts.js';
import type { AlternativeSpec, HookSpec, NamedExpression } from './spec.js';

export function readAlternatives(node: DocumentNode | undefined, sink: DiagnosticSink): readonly AlternativeSpec[] {
  if (node === undefined) return [];
  return node.kind === 'sequence'
    ? node.items.map((item) => readAlternative(item, sink))
    : [readAlternative(node, sink)];
}

function readAlternative(node: DocumentNode, sink: DiagnosticSink): AlternativeSpec {
  if (node.kind !== 'mapping') return { hooks: readHooks(node, sink), let: [], span: node.span };
  return {
    hooks: readHooks(child(node, 'hook'), sink),
    let: readLet(child(node, 'let'), sink),
    span: node.span,
    ...present({ where: textOf(child(node, 'where')), signature: textOf(child(node, 'signature')) }),
  };
}

function readHooks(node: DocumentNode | undefined, sink: DiagnosticSink): readonly HookSpec[] {
  if (node?.kind === 'sequence') return hooksTogether(node, sink);
  const written = textOf(node);
  if (written === undefined) return [];
  const text = trimmed(written);
  const colon = text.text.indexOf(':');
  if (colon >= 0) {
    const kind = trimmed(piece(text, 0, colon));
    return [
      {
        kind: { value: kind.text, span: kind.span },
        target: trimmed(piece(text, colon + 1, text.text.length)),
        span: text.span,
      },
    ];
  }
  if (/^(BEGIN|END)(:.*)?$/.test(text.text)) {
    sink.add('hook-target', `there is no hook "${text.text}"`, text.span, {
      hints: ['maps are shown at the end by themselves and may begin with "entries"; interval:1s runs a probe in time'],
    });
    return [];
  }
  const example = /^[A-Za-z_][A-Za-z0-9_]*$/.test(text.text) ? text.text : 'tcp_connect';
  sink.add('hook-target', `"${text.text}" is no hook: a hook is KIND:TARGET`, text.span, {
    hints: [`write "function:${example}" for a function of the kernel, "tp_btf:…" for a tracepoint`],
  });
  return [];
}

/** A list in a list holds hooks, and no further lists. */
function hooksTogether(node: SequenceNode, sink: DiagnosticSink): readonly HookSpec[] {
  return node.items.flatMap((item) => (item.kind === 'scalar' ? readHooks(item, sink) : []));
}

export function readLet(node: DocumentNode | undefined, sink: DiagnosticSink): readonly NamedExpression[] {
  return entriesOf(node).flatMap((entry) => readNamed(entry, 'let', sink));
}

export function readNamed(
  { key, keySpan, value }: MappingEntry,
  of: 'let' | 'field' | 'column',
  sink: DiagnosticSink,
): readonly NamedExpression[] {
  const named = checkName(key, of, keySpan, sink);
  const expression = textOf(value);
  return named && expression !== undefined ? [{ name: { value: key, span: keySpan }, expression }] : [];
}
