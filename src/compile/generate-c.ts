/**
 * The typed pipeline → its C and its manifest. The C depends on the pipeline and on the types that it touches, and on nothing else of the machine: equal inputs give equal bytes.
 */
import type { StageResult } from '../diagnostics/diagnostic.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Typed } from '../language/expression/typed.js';
import { mapTraits } from '../language/map-kinds.js';
import type { HttpOptions } from '../language/spec.js';
import type { Block } from './block.js';
import { c, cMembers, identifier, memberName } from './c-text.js';
import { captureCounterNames, capturedRecordBytes, type HttpManifest } from './capture-manifest.js';
import { narrowed } from './captured-conditions.js';
import { captureCounterC, counterC } from './counter-c-names.js';
import { mapData, pairData, scratchData, scratchPlaces } from './declared-memory.js';
import { EventSlots } from './event-slots.js';
import { KernelStructs } from './kernel-structs.js';
import { limitGroups } from './limit-groups.js';
import type { Lowering } from './lower-expression.js';
import { lowerProgram } from './lower-program.js';
import { stackType } from './lower-stack.js';
import { writeNetwork, writeValue } from './lower-text.js';
import { rateState } from './lower-thinning.js';
import {
  counterNames,
  type Manifest,
  type ProbeManifest,
  type ProgramManifest,
  type SinkManifest,
} from './manifest.js';
import {
  declareSlot,
  evicts,
  isShown,
  keyTypeName,
  type LaidOutMap,
  layoutMap,
  mapManifest,
  mapVariable,
  valueMember,
  valueTypeName,
} from './map-layout.js';
import { tooLarge, tooLargeValue } from './memory-limits.js';
import { eventType, pairMap } from './pair-layout.js';
import { neededOfParams } from './param-condition.js';
import { paramManifests } from './param-manifest.js';
import { inMemoryOrder } from './record-layout.js';
import { renderProgram } from './render.js';
import { requestsIn, sideOf } from './request-side.js';
import { sourceName } from './source-name.js';
import type { CText, Statement } from './statements.js';
import type { TypedPipeline, TypedProbe, TypedProgram } from './typed-pipeline.js';

export interface Generated {
  /** The C with `#line` directives that lead back to the YAML. */
  readonly c: string;
  /** The same without them, and for each of its lines the YAML line that it stands for (0 for none). */
  readonly plain: { readonly c: string; readonly yamlLines: readonly number[] };
  readonly manifest: Manifest;
}

export interface GenerateOptions {
  /** Whether the programs can be limited to some processes at load (`--pid`, `--comm`, `--cgroup`, `-- COMMAND`). */
  readonly scoped: boolean;
}

const scopeEntries = 65_536;
const ringBytes = 16 * 1024 * 1024;
/** Records wait until this many bytes are there, or until the reader's timer; see docs/internals. */
const wakeBytes = 1024 * 1024;
/** Captured bytes are read every few milliseconds. */
const captureBytes = 16 * 1024 * 1024;
const captureWakeBytes = 1024 * 1024;

/** Refused: programs that hold more at once than the kernel has per processor. */
export function generateC(
  pipeline: TypedPipeline,
  kernel: Kernel,
  { scoped }: GenerateOptions = { scoped: false },
): StageResult<Generated> {
  const structs = new KernelStructs();
  const maps = pipeline.maps.map((map): LaidOutMap => ({ map, layout: layoutMap(map) }));
  const evicting = pipeline.maps.filter(evicts);
  const lowering = loweringOf(maps, structs, kernel.arch);
  const limits = limitGroups(pipeline.spec, pipeline.probes);
  const updatesOf = new Map(pipeline.maps.map((map) => [map.spec.name.value, map]));
  const probes = pipeline.probes.map((probe) => {
    const event = probe.fields.length === 0 ? undefined : new EventSlots(probe.fields);
    const programs = programsOf(probe).map((program) => ({
      name: identifier(program.name),
      section: program.point.section,
      ...(program.point.message === undefined ? {} : { messages: Math.max(8, program.point.message.size) }),
      context: contextType(program),
      wrappers: program.targets.flatMap(({ point, hook, program: own }) =>
        own === undefined ? [] : [{ name: identifier(own), section: point.section, hook }],
      ),
      ...lowerProgram(program, {
        lowering,
        probe,
        scoped,
        limit: limits.findIndex(({ probes }) => probes.includes(probe.name)),
        updatesOf,
        ...(event === undefined ? {} : { event }),
      }),
      row: rowName(probe),
      line: lineOfHook(program),
      program,
    }));
    return { probe, event, programs };
  });
  const ledger = pipeline.probes.map((probe) => ({
    row: rowName(probe),
    counters: counterNames.map((counter) => c`${identifier(probe.name)}_${counterC[counter]}`),
  }));
  const captures = pipeline.probes.some(({ http }) => http !== undefined);
  const propagates = pipeline.probes.some(({ http }) => http?.propagate === true);
  if (captures)
    ledger.push({ row: c`row_of_capture`, counters: captureCounterNames.map((name) => captureCounterC[name]) });
  const params = paramManifests(pipeline.params);
  const programs = probes.flatMap((each) => each.programs);
  const scratch = scratchData(programs);
  const stacks = programs.some((each) => each.scratch.some(({ type }) => type === stackType));
  const ring = stacks || probes.some(({ event }) => event !== undefined);
  const file = renderProgram({
    source: sourceName(pipeline.spec.source.name),
    arch: kernel.arch,
    countedText: lowering.used.countedText,
    ownProcess: lowering.used.ownProcess || captures,
    usesRegisters:
      captures ||
      pipeline.probes.some((probe) => programsOf(probe).some((program) => contextType(program) === registers)),
    usesIterators: pipeline.probes.some((probe) => programsOf(probe).some(({ point }) => point.mechanism === 'iter')),
    enums: structs.enumsInOrder().map((each) => ({
      name: identifier(each.name),
      packed: each.bits === 8 || each.bits === 16,
      wide: each.bits === 64,
    })),
    structs: structs.inOrder().map((struct) => ({
      keyword: struct.type.union ? 'union' : 'struct',
      name: identifier(struct.type.name),
      members: splitMembers(cMembers(struct)),
    })),
    params: params.map(({ slot }) => declareSlot(memberName(slot.name), slot)),
    scopeEntries: scoped ? scopeEntries : 0,
    ledger,
    counters: counterNames.length,
    scratch,
    scratchPlaces,
    networks: pipeline.maps.some(({ spec }) => spec.type.value === 'lpm_trie'),
    maps: maps.map(mapData),
    evicting: evicting.length,
    pairs: probes.flatMap(({ probe }) => pairData(probe) ?? []),
    events: probes.flatMap(({ probe, event }) =>
      event === undefined
        ? []
        : [
            {
              type: eventType(probe),
              size: event.layout.size,
              members: inMemoryOrder(event.layout.slots).map((slot) => declareSlot(memberName(slot.name), slot)),
            },
          ],
    ),
    rates: pipeline.probes.flatMap((probe) => (probe.rateLimit === undefined ? [] : [rateState(probe)])),
    limits: limits.length,
    ring: ring ? { bytes: ringBytes, wakeBytes } : undefined,
    capture: captures
      ? { bytes: captureBytes, wakeBytes: captureWakeBytes, recordBytes: capturedRecordBytes, propagates }
      : undefined,
    lists: programs.some(({ statements }) => uses(statements, ['read-path', 'read-argv'])),
    stacks,
    programs,
  });
  const shown = pipeline.maps.filter((map) => isShown(map, pipeline.spec));
  const manifest: Manifest = {
    format: 1,
    name: pipeline.spec.name.value,
    description: pipeline.spec.description,
    params: params.map(({ manifest: each }) => each),
    probes: probes.map(({ probe, event }, index) => probeManifest(probe, event, index)),
    maps: maps.map(({ map, layout }) =>
      mapManifest(map, layout, {
        shown: shown.includes(map),
        evictIndex: evicting.indexOf(map),
        requests: requestsIn(map, pipeline.probes),
      }),
    ),
    sinks: pipeline.spec.sinks.map((sink) => ({
      kind: sink.kind.value,
      name: sink.name,
      from: sink.from?.map((each) => each.value) ?? [
        ...pipeline.probes.map((each) => each.name),
        ...shown.map((each) => each.spec.name.value),
      ],
      ...conditionsOf(pipeline, sink.name),
      options: sink.options,
      optionPlaces: Object.fromEntries(
        [...(sink.optionTexts ?? [])].map(([path, { span }]) => [path, { start: span.start, end: span.end }]),
      ),
      ...(sink.fields === undefined ? {} : { fields: sink.fields.map((each) => each.value) }),
    })),
    counters: { map: 'ledger_counters', length: counterNames.length },
    scoped,
    ...(lowering.used.ownProcess || captures ? { self: true } : {}),
    ...(captures
      ? {
          capture: {
            ring: { map: 'capture_ring', bytes: captureBytes },
            row: pipeline.probes.length,
            ...(propagates ? { propagates } : {}),
          },
        }
      : {}),
    ...(ring ? { ring: { map: 'events', bytes: ringBytes } } : {}),
    ...(stacks ? { stacks } : {}),
    ...(pipeline.spec.limits === undefined ? {} : { limits: pipeline.spec.limits }),
  };
  const diagnostics = [
    ...probes.flatMap((each) => each.programs.flatMap((program) => tooLarge(program) ?? [])),
    ...maps.flatMap((map) => tooLargeValue(map) ?? []),
  ];
  return { ...(diagnostics.length === 0 ? { output: { ...file, manifest } } : {}), diagnostics };
}

function conditionsOf({ conditions }: TypedPipeline, name: string): Pick<SinkManifest, 'conditions'> {
  const found = conditions?.get(name);
  return found === undefined ? {} : { conditions: found };
}

/** Each probe's row of the ledger. */
const rowName = (probe: TypedProbe): CText => c`${identifier(probe.name)}_row`;

export function programsOf(probe: TypedProbe): readonly TypedProgram[] {
  return probe.groups.flatMap(({ alternatives }) => alternatives.flatMap(({ programs }) => programs));
}

/** Not `struct pt_regs`, which a program may read as one of the kernel's types. */
const registers = c`registers_t *`;

function contextType({ point }: TypedProgram): CText {
  switch (point.mechanism) {
    case 'kprobe':
    case 'kretprobe':
    case 'uprobe':
    case 'uretprobe':
      return registers;
    case 'tracepoint':
    case 'interval':
    case 'profile':
    case 'perf':
      return c`void *`;
    default:
      return c`u64 *`;
  }
}

function loweringOf(maps: readonly LaidOutMap[], structs: KernelStructs, arch: Kernel['arch']): Lowering {
  const byName = new Map(maps.map((each) => [each.map.spec.name.value, each]));
  const evicting = maps.filter(({ map }) => evicts(map)).map(({ map }) => map);
  const find = (name: string): LaidOutMap => {
    const found = byName.get(name);
    if (found === undefined) throw new Error(`there is no map ${name}`);
    return found;
  };
  const lowering: Lowering = {
    used: { countedText: false, ownProcess: false },
    structs,
    arch,
    mapOf: (name) => {
      const { map } = find(name);
      return {
        variable: mapVariable(map),
        outer: map.spec.reset,
        form: mapTraits[map.spec.type.value].form,
        evicts: map.spec.onFull?.value === 'evict',
        added: evicts(map) ? c`added_entries[${evicting.indexOf(map)}]` : undefined,
        valueStruct: valueTypeName(map),
        member: valueMember,
      };
    },
    mapKey: (name, key: readonly Typed[], block: Block, line) => {
      const { map, layout } = find(name);
      const variable = block.variable({ type: keyTypeName(map), hint: 'key', bytes: layout.keySize, zero: true }, line);
      for (const [index, part] of key.entries()) {
        const slot = layout.key[index];
        if (slot === undefined) continue;
        const target = c`${variable}.${memberName(slot.name)}`;
        if (slot.type.kind === 'cidr') writeNetwork(part, target, block, lowering);
        else writeValue(part, target, slot.type, block, lowering);
      }
      return variable;
    },
  };
  return lowering;
}

function probeManifest(probe: TypedProbe, event: EventSlots | undefined, index: number): ProbeManifest {
  return {
    name: probe.name,
    id: probe.id,
    groups: probe.groups.map(({ role, alternatives }) => ({
      role,
      alternatives: alternatives.map(({ label, matches, programs }) => ({
        label,
        ...(matches === undefined ? {} : { matches }),
        place: { start: programs[0]?.span.start ?? 0, end: programs[0]?.span.end ?? 0 },
        programs: programs.flatMap(programManifests),
      })),
    })),
    row: index,
    ...(event === undefined ? {} : { event: event.manifest }),
    ...(probe.pair === undefined ? {} : { pairMap: pairMap(probe) }),
    ...(probe.pair?.ofCpu === true ? { pairOfCpu: true } : {}),
    ...(probe.pair?.ttl === undefined ? {} : { ttlNs: String(probe.pair.ttl) }),
    ...(probe.every === undefined ? {} : { everyNs: String(probe.every) }),
    ...(probe.limits === undefined ? {} : { limits: probe.limits }),
    ...(probe.sample === undefined ? {} : { sample: Number(probe.sample) }),
    ...(probe.rateLimit === undefined
      ? {}
      : { rateLimit: { events: Number(probe.rateLimit.events), perNs: String(probe.rateLimit.perNs) } }),
    ...(probe.http === undefined ? {} : { http: httpManifest(probe, probe.http) }),
  };
}

function httpManifest(probe: TypedProbe, http: HttpOptions): HttpManifest {
  const [program] = programsOf(probe);
  return { ...(program === undefined ? http : narrowed(program, http)), role: sideOf(probe) };
}

/** One for a program, or one for each target that has a program of its own. */
function programManifests(program: TypedProgram): ProgramManifest[] {
  const { name, targets } = program;
  const [first] = targets;
  if (first === undefined) return [];
  const several = targets.length > 1 && first.program === undefined;
  const needs = neededOfParams(program);
  return (several ? [first] : targets).map(({ point, program: own = name }) => ({
    program: own,
    ...(needs === undefined ? {} : { needs }),
    mechanism: point.mechanism,
    target: point.target,
    offset: point.offset,
    ...(point.symbol === undefined ? {} : { symbol: point.symbol }),
    ...(point.perf === undefined
      ? {}
      : { perf: { ...point.perf, config: String(point.perf.config), every: String(point.perf.every) } }),
    ...(point.message === undefined ? {} : { message: { size: point.message.size, slots: point.message.slots } }),
    ...(point.semaphore === undefined ? {} : { semaphore: point.semaphore }),
    ...(point.moreOffsets === undefined ? {} : { moreOffsets: point.moreOffsets }),
    ...(several
      ? {
          targets: targets.map((each) => ({
            target: each.point.target,
            offset: each.point.offset,
            cookie: each.hook,
          })),
        }
      : {}),
  }));
}

function lineOfHook(program: TypedProgram): number {
  const { source, start } = program.span;
  return source.text.slice(0, start).split('\n').length;
}

/** One member a line; members in braces stay together. */
function splitMembers(text: CText): string[] {
  const members: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}') depth--;
    else if (text[at] === ';' && depth === 0) {
      members.push(text.slice(from, at + 1).trim());
      from = at + 1;
    }
  }
  return members;
}

/** Whether statements of some templates stand anywhere among them. */
function uses(statements: readonly Statement[], templates: readonly Statement['template'][]): boolean {
  return statements.some((each) => {
    if (templates.includes(each.template)) return true;
    if (each.template === 'branch') return uses([...each.body, ...each.otherwise], templates);
    return each.template === 'emit' && uses(each.fields, templates);
  });
}
