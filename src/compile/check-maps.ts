/** Declared maps → the shapes that expressions see, and after the updates were checked, the maps' types. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { Kernel } from '../kernel/kernel.js';
import { describeType } from '../language/expression/describe.js';
import type { MapShape, MapValueMember } from '../language/expression/scope.js';
import { ownTypeNames, typeFromName } from '../language/expression/type-from-name.js';
import { parseTypeName } from '../language/expression/type-name.js';
import { mapTraits } from '../language/map-kinds.js';
import type { Aggregation, LocatedText, MapSpec } from '../language/spec.js';
import { ip, type Type, u32, u64 } from '../language/types.js';
import { checkEntries } from './check-entries.js';
import type { TypedEntry, TypedMap, TypedMapMember, UpdateOperation } from './typed-pipeline.js';

const aggregations: readonly Aggregation[] = ['count', 'sum', 'min', 'max', 'avg', 'stats', 'hist', 'lhist', 'bhist'];
const isAggregation = (text: string): text is Aggregation => aggregations.some((each) => each === text);

const defaultMaxEntries = 10_240;

/** What the updates tell of a member: the sign of what is summed, and a histogram's bounds. */
export interface MemberUse {
  readonly type: Type;
  readonly signed: boolean;
  readonly lhist?: { readonly min: bigint; readonly max: bigint; readonly step: bigint };
  readonly bhist?: readonly bigint[];
}

export interface CheckedMap {
  readonly spec: MapSpec;
  readonly shape: MapShape;
  readonly maxEntries: number;
  readonly entries: readonly TypedEntry[];
  /** By member name. */
  readonly uses: Map<string, MemberUse>;
}

export function declareMap(spec: MapSpec, kernel: Kernel, sink: DiagnosticSink): CheckedMap | undefined {
  const { array, form, perCpu } = mapTraits[spec.type.value];
  const key = form === 'prefixes' ? networkKey(spec, sink) : form === 'sequence' ? [] : declareKey(spec, kernel, sink);
  const members =
    'single' in spec.value
      ? [{ name: '', text: spec.value.single }]
      : spec.value.members.map((each) => ({ name: each.name.value, text: each.type }));
  const value = members.map(({ name, text }): MapValueMember | undefined => {
    if (isAggregation(text.text.trim())) return { name, holds: text.text.trim() };
    const type = storedType(text, kernel, sink, aggregations);
    return type && { name, holds: type };
  });
  if (form === 'keys' || form === 'sequence') checkPlain(spec, members, sink);
  if (array && spec.maxEntries === undefined) {
    sink.add(
      'missing-key',
      `the ${spec.type.value} "${spec.name.value}" needs "max_entries": its indices are 0 to max_entries - 1`,
      spec.name.span,
    );
  }
  const complete = value.filter((each) => each !== undefined);
  if (key === 'failed' || complete.length < value.length || sink.failed) return undefined;
  const shape: MapShape = {
    name: spec.name.value,
    declared: spec.name.span,
    key: array ? (key ?? [{ name: 'index', type: u32 }]) : key,
    value: complete,
    perCpu,
    form,
    used: false,
    updated: false,
  };
  const maxEntries = Number(spec.maxEntries?.value ?? BigInt(defaultMaxEntries));
  const entries = checkEntries(spec, shape, maxEntries, kernel, sink);
  return sink.failed ? undefined : { spec, shape, maxEntries, entries, uses: new Map() };
}

/** What is asked is an address; what is held are networks. */
function networkKey(spec: MapSpec, sink: DiagnosticSink): MapShape['key'] | 'failed' {
  const members =
    spec.key === undefined
      ? []
      : 'single' in spec.key
        ? [{ name: 'key', text: spec.key.single }]
        : spec.key.members.map((each) => ({ name: each.name.value, text: each.type }));
  const wrong = members.find(({ text }, index) => index > 0 || !['cidr', 'ip'].includes(text.text.trim()));
  if (wrong !== undefined) {
    sink.add('map-key', 'the key of an lpm_trie is one network: cidr', wrong.text.span);
    return 'failed';
  }
  return [{ name: members[0]?.name ?? 'key', type: ip }];
}

/** A filter holds that a key is there, a queue what was pushed: neither counts. */
function checkPlain(spec: MapSpec, members: readonly { readonly text: LocatedText }[], sink: DiagnosticSink): void {
  const kind = spec.type.value;
  for (const { text } of members) {
    if (kind === 'bloom_filter' ? text.text.trim() === 'bool' : !isAggregation(text.text.trim())) continue;
    const message =
      kind === 'bloom_filter'
        ? 'a bloom_filter holds keys without values'
        : `a ${kind} holds plain values, no ${text.text.trim()}`;
    sink.add('map-value', message, text.span, { hints: kind === 'bloom_filter' ? ['leave out "value"'] : [] });
  }
}

function declareKey(spec: MapSpec, kernel: Kernel, sink: DiagnosticSink): MapShape['key'] | 'failed' {
  if (spec.key === undefined) return undefined;
  const { array } = mapTraits[spec.type.value];
  const members =
    'single' in spec.key
      ? [{ name: 'key', text: spec.key.single }]
      : spec.key.members.map((each) => ({ name: each.name.value, text: each.type }));
  const typed: { name: string; type: Type }[] = [];
  for (const { name, text } of members) {
    const type = storedType(text, kernel, sink, []);
    if (type === undefined) return 'failed';
    typed.push({ name, type });
  }
  const [first] = typed;
  if (array && (typed.length !== 1 || first?.type.kind !== 'int' || first.type.bits !== 32)) {
    sink.add(
      'map-key',
      `the key of an ${spec.type.value} is one u32, its index`,
      members[0]?.text.span ?? spec.name.span,
    );
    return 'failed';
  }
  return typed;
}

/** A type whose values can be kept in a map. */
function storedType(
  text: LocatedText,
  kernel: Kernel,
  sink: DiagnosticSink,
  also: readonly string[],
): Type | undefined {
  const written = parseTypeName(text, sink);
  if (written === undefined) return undefined;
  const own = written.tag === '' && written.pointers === 0 ? didYouMean(written.name, [...also, ...ownTypeNames]) : [];
  const before = sink.diagnostics.length;
  const type = typeFromName(written, kernel, sink);
  if (type === undefined) {
    const last = sink.diagnostics[before];
    if (last !== undefined && own.length > 0) sink.diagnostics[before] = { ...last, hints: own };
    return undefined;
  }
  switch (type.kind) {
    case 'int':
    case 'bool':
    case 'enum':
    case 'pointer':
    case 'string':
    case 'bytes':
    case 'ip':
    case 'mac':
    case 'comm':
    case 'kstack':
    case 'ustack':
      return type;
    default:
      sink.add('type-mismatch', `a map cannot hold ${describeType(type)}`, text.span, {
        hints: type.kind === 'struct' ? ['name the members that you need: {a: u32, b: u64}'] : [],
      });
      return undefined;
  }
}

/** Notes how an update uses a member; tells where two updates do not agree. */
export function noteUse(map: CheckedMap, member: string, operation: UpdateOperation, sink: DiagnosticSink): void {
  if (!('value' in operation) || operation.kind === 'store') return;
  const { value } = operation;
  const signed = (value.type.kind === 'int' || value.type.kind === 'enum') && value.type.signed;
  const lhist =
    operation.kind === 'lhist' ? { min: operation.min, max: operation.max, step: operation.step } : undefined;
  const bhist = operation.kind === 'bhist' ? operation.bounds : undefined;
  const before = map.uses.get(member);
  const same =
    before === undefined ||
    (before.lhist?.min === lhist?.min &&
      before.lhist?.max === lhist?.max &&
      before.lhist?.step === lhist?.step &&
      before.bhist?.join() === bhist?.join());
  if (!same) {
    const message = `the updates of "${map.spec.name.value}" give different bounds to its ${operation.kind}`;
    sink.add('map-value', message, value.span);
  }
  map.uses.set(member, {
    type: before?.type ?? value.type,
    signed: signed || before?.signed === true,
    ...(lhist === undefined ? {} : { lhist }),
    ...(bhist === undefined ? {} : { bhist }),
  });
}

export function finishMap(map: CheckedMap, sink: DiagnosticSink): TypedMap | undefined {
  const { spec, shape, uses } = map;
  if (shape.key === undefined) {
    sink.add('map-key', `the map "${spec.name.value}" has no key`, spec.name.span, {
      hints: ['declare it (key: { port: u16 }), or update the map in a probe'],
    });
    return undefined;
  }
  const value = shape.value.map(({ name, holds }): TypedMapMember | undefined => {
    if (typeof holds !== 'string') return { name, aggregation: 'value', type: holds };
    if (!isAggregation(holds)) return undefined;
    const use = uses.get(name) ?? { type: u64, signed: false };
    const common = { name, signed: use.signed, type: use.type };
    if (holds === 'bhist') return { ...common, aggregation: holds, bounds: use.bhist ?? [0n] };
    if (holds !== 'lhist') return { ...common, aggregation: holds };
    const bounds = use.lhist ?? { min: 0n, max: 1n, step: 1n };
    return { ...common, aggregation: holds, ...bounds };
  });
  const complete = value.filter((each) => each !== undefined);
  return {
    spec,
    key: shape.key,
    value: complete,
    maxEntries: map.maxEntries,
    entries: map.entries,
    updated: shape.updated,
    columns: [],
  };
}
