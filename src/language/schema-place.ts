/** A keyword's path in a schema → the part of the schema that it belongs to. */
import type { JsonSchema } from './schema/json-schema.js';

/** `pointer` as ajv gives it: `#/properties/name/pattern`, or from a definition on. */
export function schemaAt(root: JsonSchema, pointer: string): JsonSchema {
  let at: unknown = root;
  let found: JsonSchema = root;
  const parts = pointer
    .slice(pointer.indexOf('#') + 1)
    .split('/')
    .slice(1, -1);
  for (const part of parts) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null) break;
    at = Object.entries(at).find(([name]) => name === key)?.[1];
    if (isSchema(at)) found = inherit(found, at);
  }
  return found;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A branch of `if` says no more than it must: its title is that of the whole. */
function inherit(outer: JsonSchema, inner: JsonSchema): JsonSchema {
  return inner.title !== undefined || outer.title === undefined ? inner : { ...inner, title: outer.title };
}
