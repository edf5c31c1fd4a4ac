/** Run by the build: puts a module in the place of `validate-pipeline.js` that holds the compiled schema. */
import { writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { pipelineSchema } from './schema/pipeline.js';
import { validatorOptions } from './validator-options.js';

const name = 'validatePipeline';
const ajv = new Ajv({ ...validatorOptions, code: { source: true, esm: true } });
const code = standaloneCode.default(ajv.addSchema(pipelineSchema, name), { [name]: name });
if (code.includes('require(')) throw new Error('the validator needs a module of ajv: see schema/values.ts');
writeFileSync(new URL('validate-pipeline.js', import.meta.url), code);
