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
      title: 'jsonl, csv or folded',
      description: 'By the end of the path, .csv or .folded, else jsonl, where it is missing.',
      type: 'string',
      enum: ['jsonl', 'csv', 'folded'],
    },
    append: {
      title: 'true or false',
      description: 'Whether to add to what is there, rather than to begin anew.',
      type: 'boolean',
      default: true,
    },
  },
  required: ['path'],
});
