import { pipelineSchema } from './schema/pipeline.js';

/** The published schema, as its file holds it. */
export function schemaText(): string {
  return `${JSON.stringify(pipelineSchema, undefined, 2)}\n`;
}
