/** What each program of a probe does, in the order in which it does it, in the words of the pipeline: what it tests, looks up, keeps, changes, and reads of memory. */
import { capturedCondition } from '../compile/captured-conditions.js';
import { neededOfParams } from '../compile/param-condition.js';
import type { TypedAlternative, TypedProbe, TypedProgram } from '../compile/typed-pipeline.js';
import { valuesOf } from '../compile/typed-pipeline.js';
import { type Span, spanText } from '../diagnostics/source.js';
import { some, type Typed } from '../language/expression/typed.js';

/** Of all ways to attach the first; the others differ in their mechanism. */
export function programLines(probe: TypedProbe): string[] {
  const changes =
    probe.http?.propagate === true
      ? [
          '  puts a traceparent into HTTP/1.1 requests that are sent without one, by sockops at the root cgroup and sk_msg',
        ]
      : [];
  const lines = probe.groups.flatMap(({ role, alternatives }) => {
    const [first, ...others] = alternatives;
    if (first === undefined) return [];
    return [...alternativeLines(first, role), ...others.map((each) => `  or else ${each.label}${mechanismsOf(each)}`)];
  });
  return [...lines, ...changes];
}

const attaches = { main: 'attaches', start: 'begins at', end: 'ends at' } as const;

function alternativeLines(alternative: TypedAlternative, role: keyof typeof attaches): string[] {
  const { label, matches } = alternative;
  const counted =
    matches === undefined
      ? ''
      : ` (${matches.caught} hooks${matches.leftOut > 0 ? `, ${matches.leftOut} left out` : ''})`;
  const several = alternative.programs.length > 1;
  return [
    `  ${attaches[role]} ${label}${counted}${several ? '' : mechanismsOf(alternative)}`,
    ...alternative.programs.flatMap((program) => [
      ...(several ? [`    ${targetText(program)}`] : []),
      ...(neededOfParams(program) === undefined ? [] : ['      only if params let it see anything']),
      ...stepLines(program).map((line) => `      ${line}`),
    ]),
  ];
}

function mechanismsOf({ programs, label }: TypedAlternative): string {
  if (programs.some(({ point }) => point.message !== undefined))
    return ', from what sockets and TLS libraries carry; it runs when a request is over';
  const names = [...new Set(programs.map(({ point }) => point.mechanism))].filter(
    (name) => !label.startsWith(`${name}:`),
  );
  return names.length === 0 ? '' : `, by ${names.join(' and ')}`;
}

function targetText({ point, targets, body }: TypedProgram): string {
  const more = targets.length > 1 ? ` and ${targets.length - 1} more` : '';
  return `${body.kind === 'start' ? 'begins at' : 'runs at'} ${point.mechanism} ${point.target}${more}`;
}

function stepLines(program: TypedProgram): string[] {
  const { body, point } = program;
  const tests = (conditions: readonly Typed[]): string[] =>
    conditions.map((each) => `leaves unless ${sourceText(each.span)}${placeOf(each)}`);
  // Of a protocol's messages some conditions need the parser.
  const placeOf = (condition: Typed): string => {
    if (point.message === undefined) return '';
    return capturedCondition(program, condition) === undefined
      ? ', when it is over'
      : ', where bytes are captured: others never leave the kernel';
  };
  if (body.kind === 'start') {
    const kept = ['the time', ...body.saved.map(({ value, name }) => sourceText(value.span) || name)];
    return [
      ...tests(body.where),
      `keeps until the end: ${[...new Set(kept)].join(', ')}`,
      ...reads(body.saved.map(({ value }) => value)),
    ];
  }
  const updates = body.updates.map(({ span, operation }) => `${sourceText(span)} (${operation.kind})`);
  const values = [
    ...body.updates.flatMap(({ key, operation }) => [...key, ...valuesOf(operation)]),
    ...body.fields.map(({ value }) => value),
  ];
  return [
    ...tests(body.whereBefore),
    ...(body.endKey === undefined ? [] : ['takes what its start kept']),
    ...tests(body.where),
    ...(updates.length === 0 ? [] : [`updates ${updates.join(', ')}`]),
    ...(body.fields.length === 0 ? [] : [`emits ${body.fields.map(({ name }) => name).join(', ')}`]),
    ...reads(values),
  ];
}

/** What takes a read of memory that may fault, besides what the hook hands over in registers or its record. */
function reads(values: readonly Typed[]): string[] {
  const texts = values
    .filter((value) => some(value, ({ op }) => op === 'load' || op === 'readText' || op === 'readBytes'))
    .map(({ span }) => sourceText(span));
  return texts.length === 0 ? [] : [`reads memory for ${[...new Set(texts)].join(', ')}`];
}

const sourceText = (span: Span): string => spanText(span).replace(/\s+/g, ' ').trim();
