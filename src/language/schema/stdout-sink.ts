import { sinkKind } from './sink-kind.js';
import { template } from './values.js';

export const stdoutSink = sinkKind({
  description: 'To standard output.',
  options: {
    format: {
      title: 'table, jsonl, json, csv, logfmt, folded, flamegraph or template',
      description: 'table on a terminal and jsonl elsewhere where it is missing.',
      type: 'string',
      enum: ['table', 'jsonl', 'json', 'csv', 'logfmt', 'folded', 'flamegraph', 'template'],
    },
    template,
  },
});
