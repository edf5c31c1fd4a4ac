/** What would be right in the place of a value that is of another shape, for mistakes that are habits. */
import type { DiagnosticOptions } from '../diagnostics/diagnostic.js';
import type { DocumentNode } from './document-node.js';
import type { NodePath } from './node-place.js';
import type { JsonSchema } from './schema/json-schema.js';
import { urlPattern } from './schema/requests.js';

/** Of the hints for a value of the wrong kind at most one fits. */
export function shapeHint(node: DocumentNode, schema: JsonSchema, path: NodePath): DiagnosticOptions {
  return {
    ...quoteHint(node, schema),
    ...booleanHint(node, schema),
    ...namesHint(node, schema, path),
    ...listHint(node, path),
    ...bufferHint(node, path),
    ...optionHint(node, schema, path),
  };
}

/** How a value is shown in a message. */
export function written(node: DocumentNode): string {
  if (node.kind === 'mapping') return 'a mapping';
  if (node.kind === 'sequence') return 'a list';
  const text = node.text.length > 40 ? `${node.text.slice(0, 39)}…` : node.text;
  return `"${text.replaceAll('\n', ' ')}"`;
}

/** `yes` and `on` are texts to YAML 1.2. */
function booleanHint(node: DocumentNode, schema: JsonSchema): DiagnosticOptions {
  if (schema.type !== 'boolean' || node.kind !== 'scalar') return {};
  const meant = /^(yes|on|y|1)$/i.test(node.text) ? 'true' : /^(no|off|n|0)$/i.test(node.text) ? 'false' : undefined;
  return meant === undefined ? {} : { hints: [`write ${meant}`] };
}

/** `probes:` as a list. */
function namesHint(node: DocumentNode, schema: JsonSchema, path: NodePath): DiagnosticOptions {
  const noun = path[0] ?? '';
  if (schema.type !== 'object' || node.kind !== 'sequence' || !['probes', 'maps', 'params'].includes(noun)) return {};
  if (path.length > 1) return {};
  return { hints: [`give each a name of its own in the place of the dash: "${noun.slice(0, -1)}:" instead of "- "`] };
}

/** `sinks: stdout`. */
function listHint(node: DocumentNode, path: NodePath): DiagnosticOptions {
  if (path.length !== 1 || path[0] !== 'sinks') return {};
  const [first = 'stdout'] = node.kind === 'mapping' ? node.entries.map(({ key }) => `${key}:`) : [written(node)];
  return { hints: [`each sink begins with a dash: "- ${first.replaceAll('"', '')}"`] };
}

/** `buffer: memory`. */
function bufferHint(node: DocumentNode, path: NodePath): DiagnosticOptions {
  if (path[0] !== 'sinks' || path.at(-1) !== 'buffer' || node.kind !== 'scalar') return {};
  return {
    hints: [
      node.text === 'memory'
        ? 'leave it out: events wait in memory then'
        : 'on disk: "buffer: { disk: FOLDER }"; in memory without',
    ],
  };
}

/** `- file: opens.jsonl`. */
function optionHint(node: DocumentNode, { required = [] }: JsonSchema, path: NodePath): DiagnosticOptions {
  const [option, ...others] = required;
  if (path.length !== 3 || path[0] !== 'sinks' || node.kind !== 'scalar' || others.length > 0) return {};
  return option === undefined ? {} : { hints: [`write "${path[2]}: { ${option}: ${node.text} }"`] };
}

/** `127.0.0.1:4318`, `grpc://…`. */
export function urlHint(node: DocumentNode, { pattern }: JsonSchema): DiagnosticOptions {
  if (pattern !== urlPattern || node.kind !== 'scalar') return {};
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(node.text)) return { hints: ['it is sent over HTTP: use http:// or https://'] };
  return /^[^\s/@]+(\/\S*)?$/.test(node.text)
    ? { hints: [`write "http://${node.text}", or https:// where it is encrypted`] }
    : {};
}

/** `description: 2024` and `description: yes` are no texts to YAML. */
function quoteHint(node: DocumentNode, schema: JsonSchema): DiagnosticOptions {
  if (schema.type !== 'string' || schema.pattern !== undefined || node.kind !== 'scalar' || !node.plain) return {};
  return { hints: [`put quotes around it: "${node.text}"`] };
}
