/** The schema's errors, as the rest of the language reads them. */
import { validatePipeline } from './validate-pipeline.js';

export interface ShapeError {
  /** JSON pointer into the value. */
  readonly instancePath: string;
  /** JSON pointer into the schema, `#` before it, the keyword last. */
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Every place where `value` is not of the pipeline's shape. */
export function shapeErrors(value: unknown): readonly ShapeError[] {
  return validatePipeline(value) ? [] : (validatePipeline.errors ?? []);
}
