/**
 * The compiled schema. The build writes it to `validators.cjs`, so that a run needs not load ajv and compile, which takes
 * longer than all else about reading a pipeline; from sources, as under test, it is compiled here.
 */
import { createRequire } from 'node:module';
import type { ValidateFunction } from 'ajv';
import { pipelineSchema } from './schema/pipeline.js';
import { validatorOptions } from './validator-options.js';

export interface ShapeError {
  /** JSON pointer into the value. */
  readonly instancePath: string;
  /** JSON pointer into the schema, `#` before it, the keyword last. */
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const require = createRequire(import.meta.url);

let validator: ValidateFunction | undefined;

/** Every place where `value` is not of the pipeline's shape. */
export function shapeErrors(value: unknown): readonly ShapeError[] {
  validator ??= precompiled() ?? compiled();
  return validator(value) ? [] : (validator.errors ?? []);
}

function precompiled(): ValidateFunction | undefined {
  try {
    const loaded: ValidateFunction = require('./validators.cjs');
    return loaded;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function compiled(): ValidateFunction {
  const { Ajv }: typeof import('ajv') = require('ajv');
  return new Ajv(validatorOptions).compile(pipelineSchema);
}
