/** Everything that is told of a pipeline, each problem on a line of its own, its hints indented below it. */
import type { Host } from '../../src/host.js';
import { generateSource } from '../../src/pipeline.js';

export function diagnosticsText(yaml: string, host: Host): string {
  const { diagnostics } = generateSource({ name: 'pipeline.yaml', text: yaml }, host, { sets: [] });
  return diagnostics
    .map(({ code, message, hints = [] }) => [`${code}: ${message}`, ...hints.map((hint) => `  ${hint}`)].join('\n'))
    .map((text) => `${text}\n`)
    .join('');
}
