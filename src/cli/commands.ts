/** Every command, in the order of the help. */
import type { Command, OptionSpec } from './command.js';

const set: OptionSpec = {
  name: 'set',
  value: 'NAME=VALUE',
  multiple: true,
  description: 'give a param its value; may be repeated',
};
const btf: OptionSpec = {
  name: 'btf',
  value: 'FILE',
  description: 'check against the types of another kernel (a BTF file, or a vmlinux)',
};
const verbose: OptionSpec = {
  name: 'verbose',
  short: 'v',
  description: 'show the whole log behind an error, and the page that explains it',
};

export const commands: readonly Command[] = [
  {
    name: 'run',
    operands: 'FILE...',
    description: 'run pipelines until Ctrl-C, or while a command runs',
    rest: 'COMMAND ARG...',
    options: [
      set,
      { name: 'duration', short: 'd', value: 'TIME', description: 'stop after this time: 10s, 5m' },
      { name: 'events', short: 'n', value: 'N', description: 'stop after N events' },
      {
        name: 'format',
        short: 'f',
        value: 'FORMAT',
        description: 'of standard output: table, jsonl, json, csv, logfmt, folded or flamegraph',
      },
      { name: 'pid', short: 'p', value: 'PID', multiple: true, description: 'only these processes: 1234 or 1234,5678' },
      { name: 'children', description: 'with --pid: and those that they start from now on' },
      { name: 'comm', value: 'NAME', description: 'only tasks of this name' },
      {
        name: 'cgroup',
        value: 'PATH',
        description: 'only this cgroup and those below it: a path, or a name such as nginx.service',
      },
      { name: 'container', value: 'ID', description: 'only the container of this id, or whose id begins so' },
      { name: 'live', description: 'redraw maps in place on the terminal, each second' },
      { name: 'stats', description: 'measure what each probe costs, and tell it at the end' },
      { name: 'stats-every', value: 'TIME', description: 'and each time this has passed: 1s, 1m' },
      { name: 'stats-file', value: 'FILE', description: 'write the ledger of the run there, as JSON' },
      { name: 'quiet', short: 'q', description: 'say nothing on standard error but errors' },
      verbose,
    ],
    run: async (input) => (await import('./run.js')).run(input),
  },
  {
    name: 'top',
    operands: '',
    description: 'what the probes of all runs on this host cost, live',
    options: [
      { name: 'all', description: 'every BPF program of the kernel, and who holds it' },
      { name: 'once', description: 'measure one interval, print it and end' },
      { name: 'interval', value: 'TIME', description: 'how long is measured each time; 1s where it is missing' },
      {
        name: 'format',
        short: 'f',
        value: 'FORMAT',
        description: 'text, or json: one object a line for each interval',
      },
    ],
    run: async (input) => (await import('./top.js')).top(input),
  },
  {
    name: 'lint',
    operands: 'PATH...',
    description: 'check pipelines without running them; folders are searched for *.yaml and *.yml',
    options: [set, btf, { name: 'format', short: 'f', value: 'FORMAT', description: 'text or json' }, verbose],
    run: async (input) => (await import('./lint.js')).lint(input),
  },
  {
    name: 'explain',
    operands: 'FILE',
    description: 'what a pipeline attaches, keeps and can lose; with --c the C that it becomes',
    options: [set, btf, { name: 'c', description: 'show the C beside the YAML lines that it stands for' }, verbose],
    run: async (input) => (await import('./explain.js')).explain(input),
  },
  {
    name: 'build',
    operands: 'FILE',
    description: 'make one file of a pipeline that runs on other hosts, without clang there',
    options: [
      {
        name: 'output',
        short: 'o',
        value: 'FILE',
        description: 'where to write it; NAME.probepipe in this folder where it is missing',
      },
      {
        name: 'btf',
        value: 'FILE',
        multiple: true,
        description: 'build for the kernel of these types, rather than for the running one; may be repeated',
      },
      { ...set, description: 'give a param another default; may be repeated' },
      verbose,
    ],
    run: async (input) => (await import('./build.js')).build(input),
  },
  {
    name: 'list',
    operands: '[GLOB]',
    description: 'hooks of this kernel, or of a program or library, ready to paste',
    options: [
      btf,
      { name: 'format', short: 'f', value: 'FORMAT', description: 'text or json' },
      { name: 'verbose', short: 'v', description: 'with arguments, their types, and what is returned' },
    ],
    run: async (input) => (await import('./list.js')).list(input),
  },
  {
    name: 'init',
    operands: 'HOOK',
    description: 'print a new pipeline for a hook, with what it gives as comments',
    options: [btf],
    run: async (input) => (await import('./init.js')).init(input),
  },
  {
    name: 'doctor',
    operands: '',
    description: 'what this host can do, what it cannot, and how to mend that',
    options: [{ name: 'format', short: 'f', value: 'FORMAT', description: 'text or json' }],
    run: async (input) => (await import('./doctor.js')).doctor(input),
  },
  {
    name: 'flamegraph',
    operands: '[FILE]',
    description: 'make a page for a browser of folded stacks, from a file or standard input',
    options: [
      { name: 'title', value: 'TEXT', description: 'at the top of the page' },
      { name: 'unit', value: 'NAME', description: 'what is counted, in the plural: samples' },
    ],
    run: async (input) => (await import('./flamegraph.js')).flamegraph(input),
  },
  {
    name: 'schema',
    operands: '',
    description: 'print the JSON Schema of pipelines, for editors',
    options: [],
    run: async (input) => (await import('./schema.js')).schema(input),
  },
];
