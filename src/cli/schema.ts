/** `probepipe schema`: the JSON Schema of pipelines. */
import { readFileSync } from 'node:fs';
import { packageFile } from '../package-files.js';
import type { CommandInput, ExitCode } from './command.js';

export async function schema({ io }: CommandInput): Promise<ExitCode> {
  io.out(readFileSync(packageFile('schema/pipeline.schema.json'), 'utf8'));
  return 0;
}
