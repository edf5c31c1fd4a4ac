// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
import { sinkKind } from './sink-kind.js';
import { duration, filePath, group, size, template } from './values.js';

export const fileSink = sinkKind({
  description: 'To a file.',
  options: {
    path: {
      ...filePath,
      description:
        'Relative to the folder the run is started in. ${NAME} and ${file:PATH} are filled in. {probe} stands for the name of the probe or map, {date} for the day (UTC).',
    },
    format: {
      title: 'jsonl, csv, logfmt, folded, flamegraph or template',
      description: 'By the end of the path, .csv, .logfmt, .folded or .html, else jsonl, where it is missing.',
      type: 'string',
      enum: ['jsonl', 'csv', 'logfmt', 'folded', 'flamegraph', 'template'],
    },
    template,
    append: {
      title: 'true or false',
      description: 'Whether to add to what is there, rather than to begin anew; a flame graph is always begun anew.',
      type: 'boolean',
      default: true,
    },
    sync: {
      ...duration,
      description:
        'How often what was written is brought to the disk itself (fdatasync), so that a loss of power takes no more; when the system likes where it is missing.',
    },
    rotate: group(
      'When the file becomes an old one (PATH.1, PATH.2, …) and is begun anew: whichever is reached first.',
      {
        size: { ...size, description: 'Of the file; 100MiB where neither this nor age is given.' },
        age: { ...duration, description: 'Since the run opened it.' },
        keep: {
          title: 'a whole number from 0 to 10000',
          description: 'How many old files stay; the oldest are removed.',
          type: 'integer',
          minimum: 0,
          maximum: 10_000,
          default: 7,
        },
        compress: {
          title: 'gzip, zstd or none',
          description: 'How old files are compressed, beside the writing.',
          type: 'string',
          enum: ['gzip', 'zstd', 'none'],
          default: 'none',
        },
      },
    ),
  },
  required: ['path'],
});
