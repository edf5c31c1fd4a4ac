/** One typed program → its statements. Filters come first, then map updates in the order written, then the event. */
import { positionAt } from '../diagnostics/source.js';
import { integerShape } from '../language/expression/fit.js';
import { some, type Typed } from '../language/expression/typed.js';
import { Block, FreshNames } from './block.js';
import { cast, negated } from './c-expression.js';
import { c, cConstant, identifier, memberName } from './c-text.js';
import type { EventSlots } from './event-slots.js';
import { type Lowering, lineOf, lowerValue } from './lower-expression.js';
import { writeValue } from './lower-text.js';
import { lowerUpdate } from './lower-update.js';
import type { CText, Statement } from './statements.js';
import type { MainBody, PairSlot, StartBody, TypedPair, TypedProbe, TypedProgram } from './typed-pipeline.js';
import { valueTypeOf } from './value-type.js';

export interface ProgramContext {
  readonly lowering: Lowering;
  readonly probe: TypedProbe;
  /** Missing for a probe that emits nothing. */
  readonly event?: EventSlots;
  readonly updatesOf: Parameters<typeof lowerUpdate>[3];
}

export function lowerProgram(program: TypedProgram, context: ProgramContext): readonly Statement[] {
  const block = new Block(new FreshNames(), identifier(context.probe.name));
  const line = positionAt(program.span.source, program.span.start).line;
  if (program.body.kind === 'start') lowerStart(program.body, block, line, context);
  else lowerMain(program.body, block, line, context);
  return block.statements;
}

function lowerStart(body: StartBody, block: Block, line: number, { lowering, probe }: ProgramContext): void {
  const { pair } = probe;
  if (pair === undefined) throw new Error('a start program without a pair');
  leaveUnless(body.where, block, lowering);
  const key = pairKey(body.key, pair, block, lowering);
  const start = block.fresh('start');
  block.add({ template: 'declare', type: startType(probe), name: start, zero: true }, line);
  for (const { name, value } of body.saved) {
    const slot = pair.saved.find((each) => each.name === name);
    if (slot === undefined) continue;
    keep(value, c`${start}.${memberName(name)}`, slot, block, lowering);
  }
  block.add({ template: 'assign', target: c`${start}.time_`, value: c`bpf_ktime_get_ns()` }, line);
  block.add({ template: 'start-pair', map: pairMap(probe), key, value: start }, line);
}

function lowerMain(body: MainBody, block: Block, line: number, context: ProgramContext): void {
  const { lowering, probe, event } = context;
  leaveUnless(body.whereBefore, block, lowering);
  if (body.endKey !== undefined && probe.pair !== undefined) {
    const key = pairKey(body.endKey, probe.pair, block, lowering);
    const ttl = probe.pair.ttl === undefined ? {} : { ttl: cConstant(probe.pair.ttl) };
    block.add(
      {
        template: 'end-pair',
        map: pairMap(probe),
        key,
        struct: startType(probe),
        counted: !body.startFilters,
        duration: probe.pair.ttl !== undefined || usesDuration(body),
        ...ttl,
      },
      line,
    );
  }
  leaveUnless(body.where, block, lowering);
  for (const update of body.updates) lowerUpdate(update, block, lowering, context.updatesOf);
  if (event === undefined || body.fields.length === 0) {
    block.add({ template: 'finish' }, line);
    return;
  }
  const fields = block.inner();
  for (const { slot, value } of event.capture(body.fields)) {
    writeValue(value, c`event->${memberName(slot.name)}`, slot.type, fields, lowering);
  }
  block.add(
    { template: 'emit', struct: eventType(probe), probe: probe.id, fields: fields.statements },
    body.fields[0] === undefined ? line : lineOf(body.fields[0]),
  );
}

function usesDuration({ where, updates, fields }: MainBody): boolean {
  const values = [
    ...where,
    ...updates.flatMap(({ key, operation }) => ('value' in operation ? [...key, operation.value] : key)),
    ...fields.map((each) => each.value),
  ];
  return values.some((value) => some(value, (node) => node.op === 'builtin' && node.name === 'duration'));
}

function leaveUnless(conditions: readonly Typed[], block: Block, lowering: Lowering): void {
  for (const condition of conditions) {
    const unless = negated(lowerValue(condition, block, lowering));
    block.add({ template: 'leave-if', condition: unless, counter: c`filtered` }, lineOf(condition));
  }
}

function pairKey(key: Typed, pair: TypedPair, block: Block, lowering: Lowering): CText {
  const name = block.fresh('key');
  const line = lineOf(key);
  if (isWide(pair.key)) {
    block.add({ template: 'declare', type: c`u64`, name, value: asU64(key, block, lowering) }, line);
  } else {
    block.add({ template: 'declare', type: slotType(pair.key), name, zero: true }, line);
    writeValue(key, c`${name}`, valueTypeOf(pair.key.type, true), block, lowering);
  }
  return name;
}

function keep(value: Typed, target: CText, slot: PairSlot, block: Block, lowering: Lowering): void {
  if (isWide(slot)) block.add({ template: 'assign', target, value: asU64(value, block, lowering) }, lineOf(value));
  else writeValue(value, target, valueTypeOf(slot.type, true), block, lowering);
}

function asU64(value: Typed, block: Block, lowering: Lowering): CText {
  const text = lowerValue(value, block, lowering);
  return value.type.kind === 'pointer' ? cast(c`u64`, text) : text;
}

const isWide = ({ type }: PairSlot): boolean => integerShape(type) !== undefined || type.kind === 'pointer';

/** The C type of a value kept in a pair's map. */
export function slotType(slot: PairSlot): CText {
  if (isWide(slot)) return c`u64`;
  switch (slot.type.kind) {
    case 'comm':
      return c`comm_t`;
    case 'ip':
      return c`ip_t`;
    default:
      throw new Error(`a ${slot.type.kind} cannot be kept between a start and its end`);
  }
}

export const pairMap = (probe: { readonly name: string }): CText => c`${identifier(probe.name)}_pairs`;
export const startType = (probe: { readonly name: string }): CText => c`${identifier(probe.name)}_start_t`;
export const eventType = (probe: { readonly name: string }): CText => c`${identifier(probe.name)}_event_t`;
