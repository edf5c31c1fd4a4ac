import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { describe, expect, it } from 'vitest';
import { pipelineSchema } from './schema/pipeline.js';
import { schemaText } from './schema-text.js';
import { validatorOptions } from './validator-options.js';

const require = createRequire(import.meta.url);

describe('the published schema', () => {
  it('is the one that the language reads by (after "npm run build": node dist/language/write-schema.js)', () => {
    const file = new URL('../../schema/pipeline.schema.json', import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(schemaText());
  });

  it('is a draft-07 schema', () => {
    const metaSchema: object = require('ajv/dist/refs/json-schema-draft-07.json');
    expect(new Ajv({ meta: false, validateFormats: false }).validate(metaSchema, pipelineSchema)).toBe(true);
  });

  it('compiles to code that needs no module, so that a run loads no ajv', () => {
    const ajv = new Ajv({ ...validatorOptions, code: { source: true } });
    expect(standaloneCode.default(ajv, ajv.compile(pipelineSchema))).not.toContain('require(');
  });

  it('describes every option, for editors', () => {
    const bare: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}/${key}`);
      const { properties, required } = Object(value);
      // Not the conditions, which say of a property only what they ask for.
      if (properties === undefined || (required !== undefined && Object.keys(value).length === 2)) return;
      for (const [name, schema] of Object.entries(properties)) {
        const { title, $ref } = Object(schema);
        if (title === undefined && $ref === undefined) bare.push(`${path}/${name}`);
      }
    };
    visit(pipelineSchema, '');
    expect(bare).toEqual([]);
  });
});
