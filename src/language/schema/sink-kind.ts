/** What every kind of sink takes, and how a kind is made of it and its own options. */
import type { JsonSchema } from './json-schema.js';
import { expression } from './values.js';

const selection: Readonly<Record<string, JsonSchema>> = {
  from: {
    title: 'a list of probe and map names',
    description: 'The probes and maps it takes; all where it is missing.',
    type: 'array',
    minItems: 1,
    items: { title: 'the name of a probe or map', type: 'string' },
  },
  fields: {
    title: 'a list of field names',
    description: 'The fields it takes, in this order; all where it is missing.',
    type: 'array',
    minItems: 1,
    items: { title: 'the name of a field', type: 'string' },
  },
  where: {
    ...expression,
    description:
      'Only events that this is true for, over their fields as they are shown; what it leaves out is counted.',
  },
};

export const selectionKeys: readonly string[] = Object.keys(selection);

export interface SinkKind {
  readonly description: string;
  readonly options: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

export function sinkKind({ description, options, required }: SinkKind): JsonSchema {
  return {
    title: required === undefined ? 'a mapping of options' : `a mapping of options, with "${required.join('" and "')}"`,
    description,
    // `- stdout:` without options is as good as `- stdout`.
    type: required === undefined ? ['object', 'null'] : 'object',
    properties: { ...options, ...selection },
    ...(required === undefined ? {} : { required }),
    additionalProperties: false,
  };
}
