/**
 * Params in hooks: `${param.NAME}` in the text of a hook stands for the param's value, so that a run can choose what a pipeline attaches to. It is filled in before anything is read, and the
 * hook is then checked like any other, where it stands in the YAML.
 */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { DocumentNode, MappingEntry, ScalarNode } from './document-node.js';
import { child } from './node-parts.js';
import type { ParamSet } from './params.js';
import type { ParamSpec } from './spec.js';

export interface FilledHooks {
  readonly root: DocumentNode;
  /** The names of the params that stand in hooks. */
  readonly used: ReadonlySet<string>;
}

const reference = /\$\{\s*param\.([A-Za-z_][A-Za-z0-9_]*)\s*\}/g;

/** `sets` go before the params' defaults. Refused: params that are not there, are no texts, or have no value. */
export function fillHookParams(
  root: DocumentNode,
  params: readonly ParamSpec[],
  sets: readonly ParamSet[],
  sink: DiagnosticSink,
): FilledHooks {
  const used = new Set<string>();
  const textOfParam = (name: string, node: ScalarNode): string | undefined => {
    used.add(name);
    const param = params.find((each) => each.name.value === name);
    if (param === undefined) {
      const names = params.map((each) => each.name.value);
      sink.add('name-unknown', `there is no param "${name}"`, node.span, { hints: didYouMean(name, names) });
      return undefined;
    }
    const type = param.type.text.trim();
    if (!/^(string\b.*|comm)$/.test(type)) {
      sink.add('type-mismatch', `the param "${name}" stands in a hook, and is ${type}, no text`, node.span, {
        hints: ['give it the type string'],
      });
      return undefined;
    }
    const value = sets.findLast((each) => each.name === name)?.value ?? param.value?.value;
    if (value === undefined) {
      const required = param.required ? ', rather than "required"' : '';
      sink.add('param-missing', `the param "${name}" stands in a hook and has no value`, node.span, {
        hints: [
          `give it a "default"${required}: a pipeline is checked without values, too`,
          `or set one: --set ${name}=…`,
        ],
      });
      return undefined;
    }
    return String(value);
  };
  const fill = (node: ScalarNode): ScalarNode => {
    if (!node.text.includes('${')) return node;
    let failed = false;
    const text = node.text.replace(reference, (written: string, name: string) => {
      const value = textOfParam(name, node);
      if (value === undefined) failed = true;
      return value ?? written;
    });
    if (text === node.text || failed) return node;
    // What is filled in stands nowhere in the source: what is said of it points at the whole hook.
    return { ...node, text, value: text, offsetAt: (index) => (index <= 0 ? node.span.start : node.span.end) };
  };
  const probes = mapEntries(child(root, 'probes'), (probe) =>
    mapChild(
      mapChild(probe, 'attach', (attach) => inHooks(attach, fill)),
      'pair',
      (pair) => ['start', 'end'].reduce((node, side) => mapChild(node, side, (hooks) => inHooks(hooks, fill)), pair),
    ),
  );
  return { root: probes === undefined ? root : mapChild(root, 'probes', () => probes), used };
}

/** Hooks stand alone, in lists, and under `hook`. */
function inHooks(node: DocumentNode, fill: (node: ScalarNode) => ScalarNode): DocumentNode {
  switch (node.kind) {
    case 'scalar':
      return fill(node);
    case 'sequence':
      return { ...node, items: node.items.map((item) => inHooks(item, fill)) };
    case 'mapping':
      return mapChild(node, 'hook', (hook) => inHooks(hook, fill));
  }
}

function mapEntries(
  node: DocumentNode | undefined,
  change: (value: DocumentNode) => DocumentNode,
): DocumentNode | undefined {
  if (node?.kind !== 'mapping') return node;
  return { ...node, entries: node.entries.map((entry): MappingEntry => ({ ...entry, value: change(entry.value) })) };
}

function mapChild(node: DocumentNode, key: string, change: (value: DocumentNode) => DocumentNode): DocumentNode {
  if (node.kind !== 'mapping') return node;
  const entries = node.entries.map((entry) => (entry.key === key ? { ...entry, value: change(entry.value) } : entry));
  return { ...node, entries };
}
