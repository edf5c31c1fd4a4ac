/**
 * The JSON Schema of a pipeline, composed from one fragment a noun. It is what editors use (`schema/pipeline.schema.json`
 * is written from it) and what the language itself validates with. What a schema cannot say in words a user
 * understands (`oneOf`, names that are taken) the readers check again and tell; the schema agrees.
 */
import { attach } from './attach.js';
import type { JsonSchema } from './json-schema.js';
import { limits } from './limits.js';
import { maps } from './maps.js';
import { params } from './params.js';
import { probes } from './probes.js';
import { sinks } from './sinks.js';
import { structs } from './structs.js';

export const pipelineSchema: JsonSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'a pipeline: a mapping with "probes"',
  description: 'A probepipe pipeline.',
  type: 'object',
  properties: {
    name: {
      title: 'a name of lower-case letters, digits, - and _',
      description: 'The pipeline’s name; the file’s where it is missing.',
      type: 'string',
      pattern: '^[a-z0-9][a-z0-9_-]{0,63}$',
    },
    description: { title: 'a text', description: 'What the pipeline tells, in a sentence.', type: 'string' },
    params,
    structs,
    maps,
    probes,
    sinks,
    limits,
  },
  required: ['probes'],
  additionalProperties: false,
  definitions: { attach },
};
