/** Writes `schema/pipeline.schema.json` below the current folder: `node dist/language/write-schema.js`. */
import { writeFileSync } from 'node:fs';
import { schemaText } from './schema-text.js';

writeFileSync('schema/pipeline.schema.json', schemaText());
