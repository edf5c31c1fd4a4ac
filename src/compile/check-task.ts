/** Hooks whose programs run in a task that is none of theirs, as snapshots do in probepipe itself: what tells of the current task, or reads its memory, is refused. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { spanText } from '../diagnostics/source.js';
import { type BuiltinName, operands, type Typed } from '../language/expression/typed.js';
import type { MainBody, StartBody, TypedProgram } from './typed-pipeline.js';

const ofTask: ReadonlySet<BuiltinName> = new Set(['pid', 'tid', 'uid', 'gid', 'comm', 'cgroup', 'self', 'task']);

export function refuseCurrentTask({ point, body }: TypedProgram, sink: DiagnosticSink): void {
  const { noTask } = point;
  if (noTask === undefined) return;
  const seen = new Set<Typed>();
  const visit = (node: Typed): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.op === 'stack' || (node.op === 'builtin' && ofTask.has(node.name))) {
      sink.add('name-unknown', `"${spanText(node.span)}" is not there: ${noTask.missing}`, node.span, {
        hints: noTask.hints,
      });
    } else if (point.message === undefined && readsUser(node)) {
      sink.add('type-mismatch', `memory of user space cannot be read here: ${noTask.missing}`, node.span);
    } else {
      for (const each of operands(node)) visit(each);
    }
  };
  for (const value of body.kind === 'start' ? startValues(body) : mainValues(body)) visit(value);
}

function readsUser(node: Typed): boolean {
  if (node.op === 'readList') return node.list === 'argv';
  return ('space' in node && node.space === 'user') || (node.op === 'makeIp' && node.v6?.space === 'user');
}

function startValues({ where, key, saved }: StartBody): Typed[] {
  return [...where, ...key, ...saved.map((each) => each.value)];
}

function mainValues({ endKey, whereBefore, where, updates, fields }: MainBody): Typed[] {
  return [
    ...(endKey ?? []),
    ...whereBefore,
    ...where,
    ...updates.flatMap(({ key, operation }) => ('value' in operation ? [...key, operation.value] : key)),
    ...fields.map((each) => each.value),
  ];
}
