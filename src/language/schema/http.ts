/** `http` of a probe: which requests an http: hook sees, and how it names them. */
import type { JsonSchema } from './json-schema.js';
import { group, size } from './values.js';

const list = (title: string, items: JsonSchema, description: string): JsonSchema => ({
  title: `a list of ${title}, at most 16`,
  description,
  type: 'array',
  minItems: 1,
  maxItems: 16,
  items,
});

const name: JsonSchema = { title: 'a name', type: 'string', pattern: '^[^\\u0000-\\u001f]{1,128}$' };
const port: JsonSchema = { title: 'a port', type: 'integer', minimum: 1, maximum: 65535 };
const process: JsonSchema = { title: 'a process id', type: 'integer', minimum: 1, maximum: 4194304 };
const comm: JsonSchema = { title: 'a name of at most 15 characters', type: 'string', pattern: '^[^\\u0000]{1,15}$' };
const path: JsonSchema = { title: 'a path that begins with "/"', type: 'string', pattern: '^/[^\\u0000]{0,1000}$' };
const route: JsonSchema = {
  title: 'a pattern that begins with "/", such as /users/{id}',
  type: 'string',
  pattern: '^/[^\\u0000-\\u0020?#]{0,256}$',
};

const service: JsonSchema = group(
  'What processes are called: the first rule of which all conditions hold. * stands for any characters.',
  {
    name,
    exe: { ...path, description: 'The path of the program.' },
    comm: { ...name, description: 'The name of the thread.' },
    cmdline: { ...name, description: 'The command line, its words with a space between them.' },
    cgroup: { ...path, description: 'The path of the cgroup.' },
    port: { ...port, description: 'The port that is served.' },
  },
  ['name'],
);

export const http: JsonSchema = group('Which requests an http: hook sees, and how it names them.', {
  ports: list('ports', port, 'Only connections with these ports on the side that serves.'),
  processes: list('process ids', process, 'Only these processes.'),
  comms: list('names of threads', comm, 'Only threads of these names.'),
  executables: list('paths of programs', path, 'Only these programs; * stands for any characters.'),
  cgroups: list('paths of cgroups', path, 'Only processes in these cgroups, or below them.'),
  request_head: { ...size, description: 'Bytes that are captured from the start of a request.', default: '8KiB' },
  response_head: { ...size, description: 'Bytes that are captured from the start of a response.', default: '4KiB' },
  routes: {
    title: 'a list of patterns, such as /users/{id}',
    description:
      'What "route" is: the first pattern that the path matches. {name} stands for one part, ** at the end for all that follows.',
    type: 'array',
    minItems: 1,
    maxItems: 1000,
    items: route,
  },
  guess_routes: {
    title: 'true or false',
    description:
      'Whether "route" is guessed where no pattern matches: parts that look like ids become {id}, and ~ stands before it.',
    type: 'boolean',
    default: true,
  },
  tls: {
    title: 'true or false',
    description: 'Whether what TLS libraries carry is seen as well: libssl, those within programs, and that of Go.',
    type: 'boolean',
    default: true,
  },
  propagate: {
    title: 'true or false',
    description:
      'Of http:client: whether a traceparent is put into plain HTTP/1.1 requests that are sent without one. It changes what processes send; see docs/http.md.',
    type: 'boolean',
    default: false,
  },
  redact: group('Whose values are replaced by [redacted], besides the usual secrets.', {
    query: list('names of query parameters', name, 'In "query".'),
    headers: list('names of headers', name, 'In header() and response_header().'),
    usual: {
      title: 'true or false',
      description:
        'Whether the usual secrets are left out: authorization, cookies, and parameters such as token or password.',
      type: 'boolean',
      default: true,
    },
  }),
  services: {
    title: 'a list of rules',
    description: 'What "service" is, before it is asked of the process.',
    type: 'array',
    minItems: 1,
    maxItems: 1000,
    items: service,
  },
});
