/**
 * `iter:task`: a walk over all objects of a kind that the kernel has now, one run of the program for each: a snapshot rather than events. The kernel's types describe each walk by a function
 * `bpf_iter_<target>`, whose first parameter is the walk itself and whose others are what the program gets.
 */
import { didYouMean } from '../diagnostics/suggest.js';
import type { Kernel } from '../kernel/kernel.js';
import type { FunctionType, Parameter } from '../language/types.js';
import { argumentList, inRegister } from './arguments.js';
import { type HookKind, type HookSpec, noRetval, type ProgramPoint, type ResolveContext } from './hook.js';

const functionPrefix = 'bpf_iter_';
const structPrefix = 'bpf_iter__';

export const iteratorHook: HookKind = {
  kind: 'iter',
  target: 'OBJECTS',
  description: 'a snapshot: all objects of a kind that the kernel has now, one by one',
  listed: (_hook, { kernel }) => ({ names: iteratorNames(kernel) }),
  resolve(hook, context) {
    const name = hook.target.text.trim();
    const type = targetType(hook, name, context);
    if (type === undefined) return undefined;
    return [[{ label: `iter:${name}`, main: pointOf(name, type) }]];
  },
};

function targetType(hook: HookSpec, name: string, { kernel, sink }: ResolveContext): FunctionType | undefined {
  const type = kernel.func(functionPrefix + name);
  if (type === undefined || kernel.struct(structPrefix + name) === undefined) {
    sink.add('hook-not-found', `this kernel has no iterator "${name}"`, hook.target.span, {
      hints: hintsFor(name, iteratorNames(kernel)),
    });
    return undefined;
  }
  const container = ofOneMap(type);
  if (container === undefined) return type;
  sink.add(
    'hook-unsupported',
    `iter:${name} walks over the entries of one map, which a pipeline cannot name`,
    hook.target.span,
    {
      hints: ['iter:bpf_map walks over all maps'],
    },
  );
  return undefined;
}

/** Every walk that this kernel's types describe and a pipeline can take. */
export function iteratorNames(kernel: Kernel): string[] {
  const names: string[] = [];
  for (const struct of kernel.names('struct')) {
    if (!struct.startsWith(structPrefix)) continue;
    const name = struct.slice(structPrefix.length);
    const type = kernel.func(functionPrefix + name);
    if (type !== undefined && ofOneMap(type) === undefined) names.push(name);
  }
  return names.sort();
}

function hintsFor(name: string, names: readonly string[]): string[] {
  const near = didYouMean(name, names);
  return near.length > 0 || names.length === 0 ? near : [`it has ${names.join(', ')}`];
}

/** Walks over a map's content get the map before its entries. */
function ofOneMap({ parameters }: FunctionType): Parameter | undefined {
  return parameters.length > 2 && parameters[1]?.name === 'map' ? parameters[1] : undefined;
}

function pointOf(name: string, { parameters }: FunctionType): ProgramPoint {
  const args = parameters.slice(1).flatMap((parameter, index) =>
    inRegister(parameter.type)
      ? [
          {
            name: parameter.name === '' ? String(index) : parameter.name,
            type: parameter.type,
            access: { via: 'object' as const, index: index + 1 },
          },
        ]
      : [],
  );
  const task = args.find((each) => each.name === 'task');
  return {
    mechanism: 'iter',
    section: `iter/${name}`,
    target: name,
    offset: 0,
    args: { value: argumentList(`iter:${name}`, args) },
    retval: noRetval('a snapshot has nothing that returns'),
    noTask: {
      missing: 'while a snapshot is taken the current task is probepipe itself',
      hints:
        task === undefined
          ? [`the arguments of iter:${name} are ${args.map((each) => each.name).join(', ')}`]
          : ['write args.task.tgid for a process, args.task.pid for a thread, args.task.comm for its name'],
    },
  };
}
