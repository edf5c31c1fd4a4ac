/** The text of a pipeline → its spec. */
import { DiagnosticSink, type StageResult } from '../diagnostics/diagnostic.js';
import type { Source, Span } from '../diagnostics/source.js';
import { didYouMean } from '../diagnostics/suggest.js';
import { parseDocument } from './document.js';
import type { DocumentNode, MappingNode, ScalarNode } from './document-node.js';
import type {
  AlternativeSpec, HookSpec, Located, LocatedText, MapKind, MapSpec, NamedExpression, PairSpec, ParamSpec, PipelineSpec, ProbeSpec, SinkSpec,
} from './spec.js';

type Sets = readonly { readonly name: string; readonly value: string }[];

export function readPipeline(source: Source, sets: Sets): StageResult<PipelineSpec> {
  const parsed = parseDocument(source);
  if (parsed.output === undefined) return { diagnostics: parsed.diagnostics };
  const sink = new DiagnosticSink();
  sink.diagnostics.push(...parsed.diagnostics);
  const output = new Reader(source, sink, sets).pipeline(parsed.output);
  return sink.failed || output === undefined ? { diagnostics: sink.diagnostics } : { output, diagnostics: sink.diagnostics };
}

const units: Readonly<Record<string, bigint>> = { ns: 1n, us: 1000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n };

class Reader {
  constructor(private readonly source: Source, private readonly sink: DiagnosticSink, private readonly sets: Sets) {}

  pipeline(node: DocumentNode): PipelineSpec | undefined {
    const top = this.keys(node, ['name', 'description', 'params', 'maps', 'probes', 'sinks']);
    if (top === undefined) return undefined;
    const probes = top.get('probes');
    if (probes === undefined) this.sink.add('missing-key', 'a pipeline needs "probes"', node.span);
    const own: Span = { source: this.source, start: 0, end: 0 };
    const name = top.get('name');
    return {
      source: this.source,
      name: name === undefined ? { value: (this.source.name.split('/').pop() ?? '').replace(/\.ya?ml$/, ''), span: own } : this.located(name),
      description: this.text(top.get('description')),
      params: this.entries(top.get('params')).flatMap((each) => this.param(each.key, each.keySpan, each.value) ?? []),
      maps: this.entries(top.get('maps')).flatMap((each) => this.map(each.key, each.keySpan, each.value) ?? []),
      probes: this.entries(probes).flatMap((each) => this.probe(each.key, each.keySpan, each.value) ?? []),
      sinks: this.sinks(top.get('sinks'), node.span),
    };
  }

  private keys(node: DocumentNode | undefined, known: readonly string[]): Map<string, DocumentNode> | undefined {
    if (node?.kind !== 'mapping') {
      if (node !== undefined) this.sink.add('wrong-shape', `this must be a mapping of ${known.join(', ')}`, node.span);
      return undefined;
    }
    for (const { key, keySpan } of node.entries) {
      if (!known.includes(key)) this.sink.add('unknown-key', `unknown key "${key}"`, keySpan, { hints: didYouMean(key, known) });
    }
    return new Map(node.entries.map((each) => [each.key, each.value]));
  }

  private entries(node: DocumentNode | undefined): MappingNode['entries'] {
    if (node === undefined) return [];
    if (node.kind === 'mapping') return node.entries;
    this.sink.add('wrong-shape', 'this must be a mapping', node.span);
    return [];
  }

  private scalar(node: DocumentNode | undefined): ScalarNode | undefined {
    if (node === undefined || node.kind === 'scalar') return node;
    this.sink.add('wrong-shape', 'this must be one value', node.span);
    return undefined;
  }

  private text(node: DocumentNode | undefined): string {
    return this.scalar(node)?.text ?? '';
  }

  private located(node: DocumentNode): Located<string> {
    return { value: this.text(node), span: node.span };
  }

  private expression(node: DocumentNode | undefined): LocatedText | undefined {
    const scalar = this.scalar(node);
    return scalar && { text: scalar.text, span: scalar.span, offsetAt: (index) => scalar.offsetAt(index) };
  }

  private param(key: string, keySpan: Span, node: DocumentNode): ParamSpec | undefined {
    const keys = this.keys(node, ['type', 'default', 'description', 'required']);
    const type = this.expression(keys?.get('type'));
    if (keys === undefined || type === undefined) return undefined;
    const set = this.sets.find((each) => each.name === key);
    const value = set === undefined ? this.scalar(keys.get('default')) : undefined;
    const literal = set === undefined ? value?.value : /^[0-9]+$/.test(set.value) ? BigInt(set.value) : set.value;
    const usable = typeof literal === 'string' || typeof literal === 'bigint' || typeof literal === 'boolean' ? literal : undefined;
    return {
      name: { value: key, span: keySpan },
      type,
      description: this.text(keys.get('description')),
      required: this.scalar(keys.get('required'))?.value === true,
      ...(usable === undefined ? {} : { value: { value: usable, span: value?.span ?? keySpan } }),
    };
  }

  private map(key: string, keySpan: Span, node: DocumentNode): MapSpec | undefined {
    const keys = this.keys(node, ['type', 'key', 'value', 'max_entries', 'on_full', 'every', 'reset', 'top', 'order']);
    const value = keys?.get('value');
    if (keys === undefined || value === undefined) return undefined;
    const kinds: readonly MapKind[] = ['hash', 'lru_hash', 'percpu_hash', 'lru_percpu_hash', 'array', 'percpu_array'];
    const type = keys.get('type');
    const kind = type === undefined ? 'hash' : kinds.find((each) => each === this.text(type));
    if (kind === undefined) {
      this.sink.add('bad-value', `unknown kind of map "${this.text(type)}"`, type?.span ?? keySpan, { hints: didYouMean(this.text(type), kinds) });
      return undefined;
    }
    const whole = (name: string): Located<bigint> | undefined => {
      const scalar = this.scalar(keys.get(name));
      return typeof scalar?.value === 'bigint' ? { value: scalar.value, span: scalar.span } : undefined;
    };
    const choice = <Choice extends string>(name: string, choices: readonly Choice[]): Located<Choice> | undefined => {
      const scalar = this.scalar(keys.get(name));
      const found = choices.find((each) => each === scalar?.text);
      return found === undefined || scalar === undefined ? undefined : { value: found, span: scalar.span };
    };
    const named = (of: DocumentNode): { single: LocatedText } | { members: { name: Located<string>; type: LocatedText }[] } | undefined => {
      if (of.kind === 'mapping') {
        return {
          members: of.entries.flatMap((each) => {
            const text = this.expression(each.value);
            return text === undefined ? [] : [{ name: { value: each.key, span: each.keySpan }, type: text }];
          }),
        };
      }
      const single = this.expression(of);
      return single && { single };
    };
    const keyNode = keys.get('key');
    const readKey = keyNode && named(keyNode);
    const readValue = named(value);
    if (readValue === undefined) return undefined;
    const maxEntries = whole('max_entries');
    const top = whole('top');
    const every = this.duration(keys.get('every'));
    const onFull = choice('on_full', ['drop', 'evict']);
    const order = choice('order', ['asc', 'desc']);
    return {
      name: { value: key, span: keySpan },
      type: { value: kind, span: type?.span ?? keySpan },
      value: readValue,
      reset: this.scalar(keys.get('reset'))?.value === true,
      ...(readKey === undefined ? {} : { key: readKey }),
      ...(maxEntries === undefined ? {} : { maxEntries }),
      ...(onFull === undefined ? {} : { onFull }),
      ...(every === undefined ? {} : { every }),
      ...(top === undefined ? {} : { top }),
      ...(order === undefined ? {} : { order }),
    };
  }

  private duration(node: DocumentNode | undefined): Located<bigint> | undefined {
    const scalar = this.scalar(node);
    if (scalar === undefined) return undefined;
    const written = /^([0-9]+)([a-z]+)$/.exec(scalar.text);
    const unit = units[written?.[2] ?? ''];
    if (unit === undefined) {
      this.sink.add('bad-value', `"${scalar.text}" is not a time`, scalar.span, { hints: ['write 1s, 10ms or 5m'] });
      return undefined;
    }
    return { value: BigInt(written?.[1] ?? 0) * unit, span: scalar.span };
  }

  private probe(key: string, keySpan: Span, node: DocumentNode): ProbeSpec | undefined {
    const keys = this.keys(node, ['attach', 'pair', 'signature', 'where', 'let', 'update', 'fields']);
    if (keys === undefined) return undefined;
    const attachNode = keys.get('attach');
    const pairNode = keys.get('pair');
    const pair = pairNode && this.pair(pairNode);
    if (attachNode === undefined && pair === undefined && keys.size > 0) this.sink.add('missing-key', `the probe "${key}" needs "attach" or "pair"`, keySpan);
    const fieldsNode = keys.get('fields');
    const fields = fieldsNode?.kind === 'sequence' ? fieldsNode.items.flatMap((each) => this.field(each)) : [];
    const where = this.expression(keys.get('where'));
    const signature = this.expression(keys.get('signature'));
    return {
      name: { value: key, span: keySpan },
      let: this.named(keys.get('let')),
      update: this.entries(keys.get('update')).flatMap(({ key: target, keySpan: span, value }) => {
        const expression = this.expression(value);
        if (expression === undefined) return [];
        return [{ target: { text: target, span, offsetAt: (index: number) => Math.min(span.start + index, span.end) }, expression }];
      }),
      fields,
      ...(attachNode === undefined ? {} : { attach: this.alternatives(attachNode) }),
      ...(pair === undefined ? {} : { pair }),
      ...(where === undefined ? {} : { where }),
      ...(signature === undefined ? {} : { signature }),
    };
  }

  private field(node: DocumentNode): NamedExpression[] {
    if (node.kind === 'mapping') return this.named(node);
    const text = this.expression(node);
    return text === undefined ? [] : [{ name: { value: text.text, span: text.span }, expression: text }];
  }

  private named(node: DocumentNode | undefined): NamedExpression[] {
    return this.entries(node).flatMap(({ key, keySpan, value }) => {
      const expression = this.expression(value);
      return expression === undefined ? [] : [{ name: { value: key, span: keySpan }, expression }];
    });
  }

  private alternatives(node: DocumentNode): AlternativeSpec[] {
    return node.kind === 'sequence' ? node.items.map((each) => this.alternative(each)) : [this.alternative(node)];
  }

  private alternative(node: DocumentNode): AlternativeSpec {
    if (node.kind !== 'mapping') return { hooks: this.hooks(node), let: [], span: node.span };
    const keys = this.keys(node, ['hook', 'where', 'let', 'signature']) ?? new Map<string, DocumentNode>();
    const where = this.expression(keys.get('where'));
    const signature = this.expression(keys.get('signature'));
    return {
      hooks: this.hooks(keys.get('hook')),
      let: this.named(keys.get('let')),
      span: node.span,
      ...(where === undefined ? {} : { where }),
      ...(signature === undefined ? {} : { signature }),
    };
  }

  private hooks(node: DocumentNode | undefined): HookSpec[] {
    if (node?.kind === 'sequence') return node.items.flatMap((each) => this.hooks(each));
    const text = this.expression(node);
    if (text === undefined) return [];
    const colon = text.text.indexOf(':');
    if (colon < 0) {
      this.sink.add('hook-target', `"${text.text}" is not KIND:TARGET`, text.span, { hints: ['write function:tcp_connect'] });
      return [];
    }
    const at = (index: number): number => text.offsetAt(index);
    const piece = (start: number, end: number): LocatedText => ({
      text: text.text.slice(start, end),
      span: { source: this.source, start: at(start), end: at(end) },
      offsetAt: (index) => at(start + index),
    });
    const kind = piece(0, colon);
    return [{ kind: { value: kind.text, span: kind.span }, target: piece(colon + 1, text.text.length), span: text.span }];
  }

  private pair(node: DocumentNode): PairSpec | undefined {
    const keys = this.keys(node, ['start', 'end', 'key', 'where', 'ttl', 'max_entries']);
    const [start, end, key] = [keys?.get('start'), keys?.get('end'), keys?.get('key')];
    if (keys === undefined || start === undefined || end === undefined || key === undefined) {
      this.sink.add('missing-key', 'a pair needs "start", "end" and "key"', node.span);
      return undefined;
    }
    const sides = key.kind === 'mapping' ? new Map(key.entries.map((each) => [each.key, each.value])) : undefined;
    const startKey = this.expression(sides === undefined ? key : sides.get('start'));
    const endKey = this.expression(sides === undefined ? key : sides.get('end'));
    if (startKey === undefined || endKey === undefined) return undefined;
    const where = new Map(this.entries(keys.get('where')).map((each) => [each.key, each.value]));
    const startWhere = this.expression(where.get('start'));
    const endWhere = this.expression(where.get('end'));
    const ttl = this.duration(keys.get('ttl'));
    const max = this.scalar(keys.get('max_entries'));
    return {
      start: this.alternatives(start),
      end: this.alternatives(end),
      key: { start: startKey, end: endKey },
      where: { ...(startWhere === undefined ? {} : { start: startWhere }), ...(endWhere === undefined ? {} : { end: endWhere }) },
      span: node.span,
      ...(ttl === undefined ? {} : { ttl }),
      ...(typeof max?.value === 'bigint' ? { maxEntries: { value: max.value, span: max.span } } : {}),
    };
  }

  private sinks(node: DocumentNode | undefined, whole: Span): SinkSpec[] {
    if (node?.kind !== 'sequence') return [{ kind: { value: 'stdout', span: whole }, name: 'stdout', options: {}, span: whole }];
    const counts = new Map<string, number>();
    return node.items.map((item): SinkSpec => {
      const entry = item.kind === 'mapping' ? item.entries[0] : undefined;
      const kind = entry?.key ?? this.text(item);
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      const options = entry === undefined ? {} : plain(entry.value);
      return {
        kind: { value: kind, span: entry?.keySpan ?? item.span },
        name: count === 1 ? kind : `${kind}-${count}`,
        options: typeof options === 'object' && options !== null ? { ...options } : {},
        span: item.span,
      };
    });
  }
}

function plain(node: DocumentNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'sequence') return node.items.map(plain);
  return Object.fromEntries(node.entries.map((each) => [each.key, plain(each.value)]));
}
