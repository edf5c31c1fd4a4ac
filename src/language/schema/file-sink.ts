// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
import { sinkKind } from './sink-kind.js';

export const fileSink = sinkKind({
  description: 'To a file.',
  options: {
    path: {
      title: 'the path of a file',
      description: 'Relative to the folder the run is started in. ${NAME} and ${file:PATH} are filled in.',
      type: 'string',
      pattern: '^[^\\u0000]+$',
    },
    format: {
      title: 'jsonl, csv, folded or flamegraph',
      description: 'By the end of the path, .csv, .folded or .html, else jsonl, where it is missing.',
      type: 'string',
      enum: ['jsonl', 'csv', 'folded', 'flamegraph'],
    },
    append: {
      title: 'true or false',
      description: 'Whether to add to what is there, rather than to begin anew; a flame graph is always begun anew.',
      type: 'boolean',
      default: true,
    },
  },
  required: ['path'],
});
