/** One typed program → its statements. Filters come first, then map updates in the order written, then the event. */
import { positionAt } from '../diagnostics/source.js';
import { some, type Typed } from '../language/expression/typed.js';
import { Block, FreshNames } from './block.js';
import { cast, negated } from './c-expression.js';
import { c, cConstant, identifier, memberName } from './c-text.js';
import type { EventSlots } from './event-slots.js';
import { objectPart } from './lower-context.js';
import { type Lowering, lineOf, lowerValue, startedKey } from './lower-expression.js';
import { settleLets } from './lower-lets.js';
import { lowerStacksOf } from './lower-stack.js';
import { writeValue } from './lower-text.js';
import { lowerLimit, lowerRateLimit, lowerSample } from './lower-thinning.js';
import { lowerUpdates } from './lower-update.js';
import { eventType, isWide, pairKeyType, pairMap, pairSlotType, startBytes, startType } from './pair-layout.js';
import { byHelper, inMemory, scratchType, type Variable } from './program-memory.js';
import type { CText, Statement } from './statements.js';
import {
  type MainBody,
  type PairSlot,
  type StartBody,
  type TypedPair,
  type TypedProbe,
  type TypedProgram,
  valuesOf,
} from './typed-pipeline.js';
import { sizeOf } from './value-type.js';

export interface ProgramContext {
  readonly lowering: Lowering;
  readonly probe: TypedProbe;
  /** Whether hits of tasks out of the run's scope are left out. */
  readonly scoped: boolean;
  /** Which limit the probe is kept to, so that hits may have to be left out; below 0 for none. */
  readonly limit: number;
  /** Missing for a probe that emits nothing. */
  readonly event?: EventSlots;
  readonly updatesOf: Parameters<typeof lowerUpdates>[3];
}

export interface LoweredProgram {
  readonly statements: readonly Statement[];
  /** Its part of the scratch memory; empty where all fits on the stack. */
  readonly scratch: readonly Variable[];
  readonly scratchBytes: number;
}

export function lowerProgram(program: TypedProgram, context: ProgramContext): LoweredProgram {
  const line = positionAt(program.span.source, program.span.start).line;
  return inMemory((memory) => {
    const block = new Block(new FreshNames(), identifier(context.probe.name), memory);
    // A clock ticks in any task's time, and a snapshot is taken in probepipe's own; whose messages are wanted is decided where their bytes are captured.
    const { mechanism } = program.point;
    const own = ['interval', 'iter', 'message'].includes(mechanism) ? { ...context, scoped: false } : context;
    if (mechanism === 'iter') block.add({ template: 'take-object', name: objectPart(1, block, line) }, line);
    if (program.body.kind === 'start') lowerStart(program.body, block, line, own);
    else lowerMain(program.body, block, line, mechanism === 'iter' ? { ...own, limit: -1 } : own);
    if (memory.scratch.length > 0) {
      const counter = program.body.kind === 'start' ? c`map_full` : c`scratch_busy`;
      block.insert(memory.firstScratch, { template: 'take-scratch', type: scratchType(program.name), counter }, line);
    }
    return { statements: block.statements, scratch: memory.scratch, scratchBytes: memory.scratchBytes };
  });
}

interface PairContext {
  readonly probe: TypedProbe;
  readonly pair: TypedPair;
  readonly lowering: Lowering;
}

function lowerStart(body: StartBody, block: Block, line: number, { lowering, probe, scoped }: ProgramContext): void {
  const { pair } = probe;
  if (pair === undefined) throw new Error('a start program without a pair');
  if (scoped) leaveOutOfScope(block, line);
  leaveUnless(body.where, block, lowering);
  if (pair.ofCpu) {
    block.add({ template: 'start-pair-of-cpu', map: pairMap(probe), struct: startType(probe) }, line);
    return;
  }
  const key = pairKey(body.key, { probe, pair, lowering }, block);
  const start = block.variable({ type: startType(probe), hint: 'start', bytes: startBytes(pair), zero: true }, line);
  for (const { name, value } of body.saved) {
    const slot = pair.saved.find((each) => each.name === name);
    if (slot === undefined) continue;
    keep(value, c`${start}.${memberName(name)}`, slot, block, lowering);
  }
  block.add({ template: 'assign', target: c`${start}.time_`, value: c`bpf_ktime_get_ns()` }, line);
  block.add({ template: 'start-pair', map: pairMap(probe), key, value: start }, line);
}

function lowerMain(body: MainBody, block: Block, line: number, context: ProgramContext): void {
  const { lowering, probe, event, scoped } = context;
  // An end belongs to whose start it is, and may come in any task's time.
  if (scoped && body.endKey === undefined) leaveOutOfScope(block, line);
  // A start that is left out would leave the end to an older one: pairs are left out at their end, once the start is taken away.
  if (probe.pair === undefined) {
    lowerLimit(context.limit, block, line);
    lowerSample(probe.sample, block, line);
  }
  leaveUnless(body.whereBefore, block, lowering);
  const { pair } = probe;
  if (body.endKey !== undefined && pair?.ofCpu === true) {
    const [map, struct] = [pairMap(probe), startType(probe)];
    const counted = !body.startFilters && !scoped;
    const duration = usesDuration(body);
    block.add({ template: 'end-pair-of-cpu', map, struct, started: c`started`, counted, duration }, line);
  } else if (body.endKey !== undefined && pair !== undefined) {
    const key = pairKey(body.endKey, { probe, pair, lowering }, block);
    const ttl = pair.ttl === undefined ? {} : { ttl: cConstant(pair.ttl) };
    const bytes = startBytes(pair);
    const started = block.place({ type: startType(probe), name: c`started`, bytes });
    block.remember(startedKey, started.text);
    block.add(
      {
        template: 'end-pair',
        map: pairMap(probe),
        key,
        struct: startType(probe),
        started: started.text,
        declared: started.onStack,
        byHelper: !started.onStack && byHelper(bytes),
        counted: !body.startFilters && !scoped,
        duration: pair.ttl !== undefined || usesDuration(body),
        ...ttl,
      },
      line,
    );
  }
  if (pair !== undefined) {
    lowerLimit(context.limit, block, line);
    lowerSample(probe.sample, block, line);
  }
  leaveUnless(body.where, block, lowering);
  settleLets(body, block, lowering);
  lowerUpdates(body.updates, block, lowering, context.updatesOf);
  if (event === undefined || body.fields.length === 0) {
    block.add({ template: 'finish' }, line);
    return;
  }
  lowerRateLimit(probe, block, line);
  const captured = event.capture(body.fields);
  for (const { value } of captured) lowerStacksOf(value, block, lowering);
  const fields = block.inner();
  for (const { slot, value } of captured) {
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
    ...updates.flatMap(({ key, operation }) => [...key, ...valuesOf(operation)]),
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

function leaveOutOfScope(block: Block, line: number): void {
  block.add({ template: 'leave-if', condition: c`!in_scope()`, counter: c`filtered` }, line);
}

/** Builds the key in a variable of its own, zeroed: what pads a text counts as well. */
function pairKey(key: readonly Typed[], { probe, pair, lowering }: PairContext, block: Block): CText {
  const [only] = key;
  const slots = pair.key;
  if (only === undefined) throw new Error('a pair without a key');
  const line = lineOf(only);
  if (slots.length === 1 && slots[0] !== undefined && isWide(slots[0])) {
    const name = block.fresh('key');
    block.add({ template: 'declare', type: c`u64`, name, value: asU64(only, block, lowering) }, line);
    return name;
  }
  const bytes = slots.reduce((sum, slot) => sum + sizeOf(pairSlotType(slot)), 0);
  const variable = block.variable({ type: pairKeyType(probe), hint: 'key', bytes, zero: true }, line);
  for (const [index, slot] of slots.entries()) {
    const part = key[index];
    if (part !== undefined) keep(part, c`${variable}.${memberName(slot.name)}`, slot, block, lowering);
  }
  return variable;
}

function keep(value: Typed, target: CText, slot: PairSlot, block: Block, lowering: Lowering): void {
  if (isWide(slot)) block.add({ template: 'assign', target, value: asU64(value, block, lowering) }, lineOf(value));
  else writeValue(value, target, pairSlotType(slot), block, lowering);
}

function asU64(value: Typed, block: Block, lowering: Lowering): CText {
  const text = lowerValue(value, block, lowering);
  return value.type.kind === 'pointer' ? cast(c`u64`, text) : text;
}
