/** What takes more memory than the kernel gives: refused here, in the pipeline's own words. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';
import { mapTraits } from '../language/map-kinds.js';
import { type LaidOutMap, mapKind } from './map-layout.js';
import { largestPerCpu } from './program-memory.js';
import type { TypedProgram } from './typed-pipeline.js';

export function tooLarge({
  scratchBytes,
  program,
}: {
  scratchBytes: number;
  program: TypedProgram;
}): Diagnostic | undefined {
  if (scratchBytes <= largestPerCpu) return undefined;
  return diagnostic(
    'too-large',
    `the keys and texts of this probe take ${scratchBytes} bytes at once, and a program can hold ${largestPerCpu}`,
    program.span,
    { hints: ['read shorter texts, as in str(pointer, 256), or split the probe in two'] },
  );
}

export function tooLargeValue({ map, layout }: LaidOutMap): Diagnostic | undefined {
  if (layout.valueSize <= largestPerCpu || !mapTraits[mapKind(map)].perCpu) return undefined;
  const { name } = map.spec;
  return diagnostic(
    'too-large',
    `a value of the map "${name.value}" takes ${layout.valueSize} bytes, and one a processor can have ${largestPerCpu}`,
    name.span,
    { hints: ['use a type without "percpu_", or fewer buckets'] },
  );
}
