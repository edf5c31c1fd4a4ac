import type { Options } from 'ajv';

/** Schemas are not repeated in errors: what a right value is, is looked up in the schema by the error's path. */
export const validatorOptions: Options = {
  allErrors: true,
  strict: true,
  // Types are asked for by `type` beside `if`, which strict mode does not see.
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
  // Nobody reads them, and the compiled file is smaller without.
  messages: false,
};
