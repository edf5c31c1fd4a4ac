/** `params`: values that a run may set with `--set NAME=VALUE`. */
import { choose, type JsonSchema } from './json-schema.js';
import { named, typeName } from './values.js';

const param: JsonSchema = {
  title: 'a mapping such as { type: u16, default: 0 }',
  type: 'object',
  properties: {
    type: { ...typeName, description: 'The type of its values: an integer type, bool, comm, string(N) or duration.' },
    default: {
      title: 'one value',
      description: 'The value where --set gives none.',
      type: ['string', 'number', 'boolean'],
    },
    description: { title: 'a text', description: 'What it does, for who runs the pipeline.', type: 'string' },
    required: {
      title: 'true or false',
      description: 'Whether a run must set it.',
      type: 'boolean',
      default: false,
    },
  },
  required: ['type'],
  additionalProperties: false,
  ...choose({ properties: { required: { const: true } }, required: ['required'] }, { not: { required: ['default'] } }),
};

export const params = named(
  'param names to params',
  param,
  'Values that a run can set with --set NAME=VALUE, read as param.NAME.',
);
