/** `limits`: what a pipeline or a probe may cost. */
import type { JsonSchema } from './json-schema.js';
import { duration } from './values.js';

export const limits: JsonSchema = {
  title: 'a mapping of "cpu" and "for"',
  description: 'What it may cost: beyond it the engine takes fewer hits, and then detaches for a while.',
  type: 'object',
  properties: {
    cpu: {
      title: 'a share of one processor above zero, such as 2% or 0.5%',
      description: 'How much of one processor the programs may take, all of them together and on all processors.',
      type: 'string',
      pattern: '^(?=[0-9.]*[1-9])[0-9]{1,5}([.][0-9]{1,4})?%$',
    },
    for: { ...duration, description: 'How long the limit may be exceeded before it is kept.', default: '5s' },
  },
  required: ['cpu'],
  additionalProperties: false,
};
