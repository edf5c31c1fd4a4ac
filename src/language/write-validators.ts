/** Run by the build: writes `validators.cjs` beside itself. */
import { writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { pipelineSchema } from './schema/pipeline.js';
import { validatorOptions } from './validator-options.js';

const ajv = new Ajv({ ...validatorOptions, code: { source: true } });
const code = standaloneCode.default(ajv, ajv.compile(pipelineSchema));
if (code.includes('require(')) throw new Error('the validator needs a module of ajv: see schema/values.ts');
writeFileSync(new URL('validators.cjs', import.meta.url), code);
