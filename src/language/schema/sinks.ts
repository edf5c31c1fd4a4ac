/** `sinks`: where events and maps go. A kind is chosen by its key, so only that kind's options are held against it. */
import { fileSink } from './file-sink.js';
import { httpSink } from './http-sink.js';
import { choose, isMapping, type JsonSchema } from './json-schema.js';
import { otlpSink } from './otlp-sink.js';
import { prometheusSink } from './prometheus-sink.js';
import { stdoutSink } from './stdout-sink.js';

/** Every kind of sink. A new kind is one file and one entry here. */
export const sinkKinds: Readonly<Record<string, JsonSchema>> = {
  stdout: stdoutSink,
  file: fileSink,
  http: httpSink,
  otlp: otlpSink,
  prometheus: prometheusSink,
};

const sink: JsonSchema = {
  title: 'a sink, such as "stdout" or "file: { path: … }"',
  type: ['string', 'object'],
  ...choose(
    isMapping,
    {
      title: 'one sink: each begins with its own "- "',
      minProperties: 1,
      maxProperties: 1,
      properties: sinkKinds,
      additionalProperties: false,
    },
    {
      title: 'a sink that needs no options',
      enum: Object.keys(sinkKinds).filter((kind) => sinkKinds[kind]?.required === undefined),
    },
  ),
};

export const sinks: JsonSchema = {
  title: 'a list of sinks',
  description: 'Where events and maps go; to standard output where it is missing.',
  type: 'array',
  minItems: 1,
  items: sink,
};
