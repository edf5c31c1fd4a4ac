/** Values that stand in many places of the schema. Lengths are within the patterns: ajv needs no further module for these. */
import type { JsonSchema } from './json-schema.js';

/** YAML reads `where: 1` and `enabled: true` as a number and a boolean; they are expressions all the same. */
export const expression: JsonSchema = {
  title: 'an expression',
  type: ['string', 'number', 'boolean'],
};

export const typeName: JsonSchema = {
  title: 'a type, such as u32, comm or ip',
  type: 'string',
  examples: ['u8', 'u16', 'u32', 'u64', 'i32', 'i64', 'bool', 'comm', 'string(64)', 'ip', 'mac', 'duration'],
};

export const signature: JsonSchema = {
  title: 'a signature, such as "(size: size_t) -> void *"',
  description: 'Names and types of the arguments and of the result, where the binary does not tell them.',
  type: 'string',
};

const positiveNumber = '(?=[0-9.]*[1-9])[0-9]+([.][0-9]+)?';

export const duration: JsonSchema = {
  title: 'a duration above zero, such as 500ms, 10s or 2m',
  type: 'string',
  pattern: `^${positiveNumber}(ns|us|ms|s|m|h|d)$`,
};

export const size: JsonSchema = {
  title: 'a size above zero, such as 64KiB or 4MiB',
  type: ['string', 'integer'],
  pattern: `^${positiveNumber}(B|KiB|MiB|GiB|kB|MB|GB)?$`,
  minimum: 1,
};

export const maxEntries: JsonSchema = {
  title: 'a whole number from 1 to 4294967295',
  type: 'integer',
  minimum: 1,
  maximum: 4294967295,
};

export const identifier: JsonSchema = {
  title: 'a name of letters, digits and _, not beginning with a digit',
  type: 'string',
  pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$',
};

export const filePath: JsonSchema = { title: 'the path of a file', type: 'string', pattern: '^[^\\u0000]+$' };

/** Options that belong together. */
export function group(
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
  required?: readonly string[],
): JsonSchema {
  return {
    title: `a mapping of ${Object.keys(properties).join(', ')}`,
    description,
    type: 'object',
    properties,
    ...(required === undefined ? {} : { required }),
    additionalProperties: false,
  };
}

/** An object with names that the user chooses. */
export function named(of: string, value: JsonSchema, description: string): JsonSchema {
  return {
    title: `a mapping of ${of}`,
    description,
    type: 'object',
    propertyNames: { pattern: identifier.pattern ?? '' },
    additionalProperties: value,
  };
}

export const let_: JsonSchema = {
  ...named('names to expressions', expression, 'Named values, computed only where they are used.'),
};

export const template: JsonSchema = {
  title: 'a text with columns in it, such as "{{pid}} {{comm}}"',
  description: 'A line for each event or row, with columns and helpers between {{ and }}; chosen where it is given.',
  type: 'string',
  pattern: '\\S',
};
