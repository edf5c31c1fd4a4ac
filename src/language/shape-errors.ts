/**
 * The shape of a document held against the schema. In: a document. Out: a diagnostic for each mistake, all at once, in
 * words that say what would be right, which are the schema's own `title`s. What `oneOf`, `anyOf`, `not`, `dependencies`
 * and `propertyNames` refuse is left to the readers, which can say why.
 */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Span } from '../diagnostics/source.js';
import { didYouMean, listed, nearest } from '../diagnostics/suggest.js';
import type { DocumentNode, MappingNode } from './document-node.js';
import { type NodePath, type NodePlace, nodeAt, pathOfPointer, placeName } from './node-place.js';
import { plainValue } from './plain-value.js';
import type { JsonSchema } from './schema/json-schema.js';
import { pipelineSchema } from './schema/pipeline.js';
import { sinkKinds } from './schema/sinks.js';
import { schemaAt } from './schema-place.js';
import { shapeHint, urlHint, written } from './shape-hints.js';
import { type ShapeError, shapeErrors } from './shape-validator.js';
import { sinkMeantBy } from './sink-habits.js';
import { notInThisRelease, renamedKeys, unreleasedKeys } from './unreleased.js';

const readersOwn = /\/(oneOf|anyOf|not|dependencies|propertyNames)(\/|$)/;

const mostOptions = 30;

export function checkShape(root: DocumentNode, sink: DiagnosticSink): void {
  const errors = shapeErrors(plainValue(root)).filter(
    ({ keyword, schemaPath }) => keyword !== 'if' && !readersOwn.test(schemaPath),
  );
  const told = new Set<string>();
  for (const error of errors) {
    // A branch of the schema may ask for a type that the whole has asked for.
    const of = `${error.keyword} ${error.instancePath}`;
    if (error.keyword === 'type' && told.has(of)) continue;
    told.add(of);
    const path = pathOfPointer(error.instancePath);
    const place = nodeAt(root, path);
    if (place !== undefined) new ShapeProblem(error, path, place, errors, sink).tell();
  }
}

class ShapeProblem {
  private readonly schema: JsonSchema;

  constructor(
    private readonly error: ShapeError,
    private readonly path: NodePath,
    private readonly place: NodePlace,
    private readonly all: readonly ShapeError[],
    private readonly sink: DiagnosticSink,
  ) {
    this.schema = schemaAt(pipelineSchema, error.schemaPath);
  }

  tell(): void {
    const { keyword, params } = this.error;
    const { node } = this.place;
    if (keyword === 'additionalProperties' && node.kind === 'mapping') {
      this.unknownKey(String(params.additionalProperty), node);
    } else if (keyword === 'required') {
      this.missingKey(String(params.missingProperty));
    } else if (keyword === 'type') {
      this.wrongShape();
    } else {
      this.badValue();
    }
  }

  private unknownKey(key: string, node: MappingNode): void {
    const entry = node.entries.find((each) => each.key === key);
    if (entry === undefined) return;
    const known = Object.keys(this.schema.properties ?? {});
    const joined = joinedHook(this.path, node);
    if (joined !== undefined) {
      this.sink.add('wrong-shape', `${placeName(this.path)} must be a hook, not a mapping`, node.span, {
        hints: [joined],
      });
      return;
    }
    const kind = this.isSinkKind() ? sinkOfOption(key, node) : undefined;
    if (kind !== undefined) {
      this.sink.add('unknown-key', `"${key}" stands beside "${kind}", and is one of its options`, entry.keySpan, {
        hints: [`move it two spaces to the right, below "${kind}:"`],
      });
      return;
    }
    const pattern = [...this.path, key].map((part, index) => (index === 0 || index === this.path.length ? part : '*'));
    const renamed = renamedKeys.get(
      [...this.path, key].map((part, at) => (typeof part === 'number' || at === 1 ? '*' : part)).join('.'),
    );
    const later = unreleasedKeys.has(pattern.join('.'));
    // All keys are worth a long line to who looks for one.
    const most = nearest(key, known).length === 0 ? mostOptions : undefined;
    const list = listed(this.isSinkKind() ? 'the sinks are' : 'the keys are', known, most);
    const habit = this.isSinkKind() ? sinkMeantBy(key) : [];
    const message = this.isSinkKind() ? `unknown kind of sink "${key}"` : `${placeName(this.path)} has no key "${key}"`;
    this.sink.add('unknown-key', message, entry.keySpan, {
      hints:
        renamed !== undefined
          ? [`it is now called ${renamed}`]
          : later
            ? [notInThisRelease(key)]
            : [...habit, ...didYouMean(key, known), ...list],
    });
  }

  private isSinkKind(): boolean {
    return this.path.length === 2 && this.path[0] === 'sinks';
  }

  /** Said once where the key is there, misspelt. */
  private missingKey(key: string): void {
    const unknown = this.all.filter(
      (each) => each.keyword === 'additionalProperties' && each.instancePath === this.error.instancePath,
    );
    const { node } = this.place;
    if (unknown.some((each) => nearest(String(each.params.additionalProperty), [key]).length > 0)) return;
    if (node.kind === 'mapping' && joinedHook(this.path, node) !== undefined) return;
    const what = this.schema.properties?.[key];
    const title = what?.title ?? (what?.$ref && schemaAt(pipelineSchema, `${what.$ref}/type`).title);
    this.sink.add('missing-key', `${placeName(this.path)} needs "${key}"`, this.place.keySpan, {
      hints: title === undefined ? [] : [`"${key}" is ${title}`],
    });
  }

  private wrongShape(): void {
    const { node } = this.place;
    const expected = this.schema.title ?? 'of another kind';
    if (node.kind === 'scalar' && node.value === null) {
      this.sink.add('wrong-shape', `${placeName(this.path)} must not be empty: it is ${expected}`, this.place.keySpan);
      return;
    }
    const name = this.path.length === 0 ? 'the file' : placeName(this.path);
    this.sink.add('wrong-shape', `${name} must be ${expected}, not ${written(node)}`, node.span, {
      ...shapeHint(node, this.schema, this.path),
    });
  }

  /** `- file`, where only a kind that needs no options may stand alone. */
  private sinkWithoutOptions(kind: string, span: Span): void {
    const schema = Object.hasOwn(sinkKinds, kind) ? sinkKinds[kind] : undefined;
    if (schema !== undefined) {
      const options = (schema.required ?? []).map((key) => `${key}: …`).join(', ');
      this.sink.add('missing-key', `the ${kind} sink needs options`, span, {
        hints: [`write "${kind}: { ${options} }"`],
      });
      return;
    }
    const known = Object.keys(sinkKinds);
    const hints = [...sinkMeantBy(kind), ...didYouMean(kind, known), `the sinks are ${known.join(', ')}`];
    this.sink.add('bad-value', `unknown kind of sink "${kind}"`, span, { hints });
  }

  private badValue(): void {
    const { node, keySpan } = this.place;
    if (
      this.isSinkKind() &&
      node.kind === 'mapping' &&
      node.entries.some(({ key }) => sinkOfOption(key, node) !== undefined)
    )
      return;
    const choices = this.schema.enum;
    const name = placeName(this.path);
    if (node.kind === 'scalar' && this.isSinkKind()) {
      this.sinkWithoutOptions(node.text, node.span);
      return;
    }
    if (node.kind === 'scalar' && choices !== undefined) {
      this.sink.add('bad-value', `${name} must be ${oneOf(choices)}, not "${node.text}"`, node.span, {
        hints: didYouMean(node.text, choices),
      });
      return;
    }
    const expected = this.schema.title ?? 'another value';
    const empty = this.error.keyword === 'minItems' || this.error.keyword === 'minProperties';
    if (
      this.error.keyword === 'maxProperties' &&
      node.kind === 'mapping' &&
      this.schema.properties !== undefined &&
      !this.isSinkKind()
    ) {
      const given = node.entries.map(({ key }) => `"${key}"`).join(' and ');
      this.sink.add('bad-value', `${name} takes one of ${given}, not both`, node.span, {
        hints: ['leave one of the two out'],
      });
      return;
    }
    if (empty) this.sink.add('bad-value', `${name} must not be empty: it is ${expected}`, keySpan);
    else
      this.sink.add('bad-value', `${name} must be ${expected}, not ${written(node)}`, node.span, {
        ...urlHint(node, this.schema),
      });
  }
}

/** `kprobe: tcp_connect`, or `[syscall:{open,openat}]` in a flow list: YAML made a mapping of a hook. */
function joinedHook(path: NodePath, node: MappingNode): string | undefined {
  const [entry] = node.entries;
  const attaches = path.includes('attach') || (path[2] === 'pair' && (path[3] === 'start' || path[3] === 'end'));
  if (!attaches || path.includes('let') || node.entries.length !== 1 || entry === undefined) return undefined;
  if (['hook', 'where', 'let', 'signature'].includes(entry.key)) return undefined;
  if (entry.value.kind === 'scalar') {
    const hook = `${entry.key}:${entry.value.value === null ? '…' : entry.value.text}`;
    return `write "${hook}", without a space after the colon`;
  }
  if (entry.value.kind !== 'mapping') return undefined;
  return `put quotes around it: "${entry.key}:{${entry.value.entries.map(({ key }) => key).join(',')}}"`;
}

function oneOf(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

/** The sink that the key was meant to be an option of, which stands beside it. */
function sinkOfOption(option: string, { entries }: MappingNode): string | undefined {
  if (Object.hasOwn(sinkKinds, option)) return undefined;
  return entries
    .map(({ key }) => key)
    .find((key) => Object.hasOwn(sinkKinds, key) && sinkKinds[key]?.properties?.[option] !== undefined);
}
