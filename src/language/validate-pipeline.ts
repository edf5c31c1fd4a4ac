/** The compiled schema. Here it is compiled when it is loaded, as under test, which takes longer than all else about reading a pipeline; the build puts a module in this one's place that holds it compiled (`write-validator.ts`). */
import { Ajv } from 'ajv';
import { pipelineSchema } from './schema/pipeline.js';
import { validatorOptions } from './validator-options.js';

export const validatePipeline = new Ajv(validatorOptions).compile(pipelineSchema);
