/** `probepipe schema`: the JSON Schema of pipelines. */
import { readFileSync } from 'node:fs';
import type { CommandInput, ExitCode } from './command.js';

export async function schema({ io }: CommandInput): Promise<ExitCode> {
  io.out(readFileSync(new URL('../../schema/pipeline.schema.json', import.meta.url), 'utf8'));
  return 0;
}
