/** `probes:` → specs. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { nearest } from '../diagnostics/suggest.js';
import type { DocumentNode, MappingEntry } from './document-node.js';
import { checkName } from './names.js';
import { child, entriesOf, keySpan, keyText, present, scalarOf, textOf, wholeNumber } from './node-parts.js';
import { readAlternatives, readLet, readNamed } from './read-attach.js';
import { readHttp } from './read-http.js';
import { readProbeLimits } from './read-limits.js';
import { readEvery } from './read-maps.js';
import { readPair } from './read-pair.js';
import type { NamedExpression, ProbeSpec, UpdateSpec } from './spec.js';
import { durationUnits } from './units.js';

export function readProbes(node: DocumentNode | undefined, sink: DiagnosticSink): readonly ProbeSpec[] {
  return entriesOf(node).flatMap((entry) => readProbe(entry, sink) ?? []);
}

function readProbe(entry: MappingEntry, sink: DiagnosticSink): ProbeSpec | undefined {
  const { key: name, keySpan: nameSpan, value: node } = entry;
  const named = checkName(name, 'probe', nameSpan, sink);
  if (node.kind !== 'mapping') return undefined;
  checkParts(entry, sink);
  const attachNode = child(node, 'attach');
  const attach = attachNode && readAlternatives(attachNode, sink);
  const pairNode = child(node, 'pair');
  const probe: ProbeSpec = {
    name: { value: name, span: nameSpan },
    let: readLet(child(node, 'let'), sink),
    update: readUpdates(child(node, 'update')),
    fields: readFields(child(node, 'fields'), sink),
    ...present({
      attach,
      http: readHttp(entry, attach, sink),
      pair: pairNode && readPair(pairNode, sink),
      signature: textOf(child(node, 'signature')),
      every: readEvery(child(node, 'every'), sink),
      where: textOf(child(node, 'where')),
      maxMatches: wholeNumber(child(node, 'max_matches')),
      sample: wholeNumber(child(node, 'sample')),
      rateLimit: readRateLimit(entry, sink),
    }),
  };
  return named ? { ...probe, ...present({ limits: readProbeLimits(node, probe, sink) }) } : undefined;
}

/** What the schema's `oneOf` and `anyOf` mean. */
function checkParts({ key: name, keySpan: nameSpan, value: node }: MappingEntry, sink: DiagnosticSink): void {
  const keys = entriesOf(node).map(({ key }) => key);
  const pairSpan = keySpan(node, 'pair');
  if (keys.includes('attach') && pairSpan !== undefined) {
    sink.add('unknown-key', `the probe "${name}" has "attach" already, so it cannot have "pair"`, pairSpan, {
      hints: ['a pair attaches to its own "start" and "end"'],
    });
  }
  // A misspelt key was told of as such.
  const has = (...wanted: string[]): boolean =>
    keys.some((key) => wanted.includes(key) || nearest(key, wanted).length > 0);
  if (!has('attach', 'pair')) {
    sink.add('missing-key', `the probe "${name}" needs "attach" or "pair": what it attaches to`, nameSpan, {
      hints: ['add "attach: function:tcp_connect", or another hook'],
    });
  }
  if (!has('update', 'fields')) {
    sink.add('missing-key', `the probe "${name}" does nothing: it has neither "fields" nor "update"`, nameSpan, {
      hints: ['add "fields: [time, pid, comm]" to emit events, or "update:" to change a map'],
    });
  }
}

/** Beyond it the nanoseconds between two events would be too coarse. */
const mostPerSecond = 1_000_000n;

/** `1000`, `1000/s`, `10/m`. */
function readRateLimit(
  { key: name, value: probe }: MappingEntry,
  sink: DiagnosticSink,
): Exclude<ProbeSpec['rateLimit'], undefined> | undefined {
  const scalar = scalarOf(child(probe, 'rate_limit'));
  const match = scalar && /^([0-9]{1,18})(?:\/([smh]))?$/.exec(scalar.text);
  // The schema has told of what is written otherwise.
  if (scalar === undefined || !match) return undefined;
  const events = BigInt(match[1] ?? '');
  const perNs = durationUnits.get(match[2] ?? 's') ?? 1n;
  if (events === 0n) return undefined;
  if (events * 1_000_000_000n > mostPerSecond * perNs) {
    sink.add('bad-value', `"rate_limit" is at most ${mostPerSecond} events per second`, scalar.span);
  }
  if (child(probe, 'fields') === undefined) {
    sink.add('bad-value', `the probe "${name}" has no "fields", so there are no events to limit`, scalar.span, {
      hints: ['"rate_limit" leaves out events, never updates; "sample: 100" takes one hit in 100'],
    });
  }
  return { value: { events, perNs }, span: scalar.span };
}

function readUpdates(node: DocumentNode | undefined): readonly UpdateSpec[] {
  return entriesOf(node).flatMap((entry): UpdateSpec[] => {
    const expression = textOf(entry.value);
    return expression === undefined ? [] : [{ target: keyText(entry), expression }];
  });
}

function readFields(node: DocumentNode | undefined, sink: DiagnosticSink): readonly NamedExpression[] {
  const items = node?.kind === 'sequence' ? node.items : [];
  const first = new Map<string, NamedExpression>();
  for (const field of items.flatMap((item) => readField(item, sink))) {
    const before = first.get(field.name.value);
    if (before === undefined) first.set(field.name.value, field);
    else {
      sink.add('bad-name', `two fields are named "${field.name.value}"`, field.name.span, {
        hints: [`give one another name: "${field.name.value}_2: ${field.expression.text}"`],
        related: [{ message: 'the first one', span: before.name.span }],
      });
    }
  }
  return [...first.values()];
}

function readField(item: DocumentNode, sink: DiagnosticSink): readonly NamedExpression[] {
  if (item.kind === 'mapping') return item.entries.flatMap((entry) => readNamed(entry, 'field', sink));
  const text = textOf(item);
  // The schema has told of numbers and booleans.
  if (text === undefined || typeof scalarOf(item)?.value !== 'string') return [];
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(text.text)) {
    const named = /^[A-Za-z_][A-Za-z0-9_]*:\s/.test(text.text);
    if (named) {
      sink.add('bad-name', `the quotes make one name of "${text.text}"`, text.span, {
        hints: [`write it without them: ${text.text}`],
      });
      return [];
    }
    const name = /[A-Za-z_][A-Za-z0-9_]*(?!.*[A-Za-z_.])/.exec(text.text)?.[0] ?? 'name';
    sink.add('bad-name', `the field "${text.text}" needs a name, since it is an expression`, text.span, {
      hints: [`write "${name}: ${text.text}"`],
    });
    return [];
  }
  if (!checkName(text.text, 'field', text.span, sink)) return [];
  return [{ name: { value: text.text, span: text.span }, expression: text }];
}
