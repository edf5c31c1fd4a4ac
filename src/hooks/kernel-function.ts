/** `kprobe: kretprobe: fentry: fexit: function: call:`: a function of the kernel, by each mechanism. */
import { didYouMean } from '../diagnostics/suggest.js';
import { describeType } from '../language/expression/describe.js';
import type { ContextAccess } from '../language/expression/typed.js';
import type { FunctionType } from '../language/types.js';
import { argumentList, contextValue, inRegister, parameterAccesses, registerAccesses } from './arguments.js';
import {
  type Candidates,
  type HookKind,
  type HookSpec,
  noArgs,
  noRetval,
  type ProgramPoint,
  type ResolveContext,
} from './hook.js';

interface Target {
  readonly name: string;
  /** Bytes into the function; 0 for its entry. */
  readonly offset: number;
  /** Missing where BTF does not describe the function: it can be probed, but has no typed arguments. */
  readonly type?: FunctionType;
}

function readTarget(hook: HookSpec, context: ResolveContext, needsType: boolean): Target | undefined {
  const { kernel, sink } = context;
  const written = /^([A-Za-z_.][A-Za-z0-9_.$]*)(?:\+(0x[0-9a-fA-F]+|[0-9]+))?$/.exec(hook.target.text.trim());
  if (written?.[1] === undefined) {
    sink.add('hook-target', `"${hook.target.text}" is not the name of a function`, hook.target.span, {
      hints: [`write ${hook.kind.value}:tcp_connect`],
    });
    return undefined;
  }
  const name = written[1];
  const offset = Number(written[2] ?? 0);
  if (offset > 0 && hook.kind.value !== 'kprobe') {
    sink.add('hook-target', `only a kprobe can sit inside a function, not a ${hook.kind.value}`, hook.target.span, {
      hints: [`write kprobe:${hook.target.text}`],
    });
    return undefined;
  }
  const type = kernel.func(name);
  if (type !== undefined) return { name, offset, type };
  if (!needsType && kernel.hasFunctionSymbol(name)) return { name, offset };
  sink.add('hook-not-found', `this kernel has no function "${name}"`, hook.target.span, {
    hints: didYouMean(name, kernel.names('func')),
  });
  return undefined;
}

const entryRetval = (name: string): ProgramPoint['retval'] =>
  noRetval('a function has no return value yet at its entry', `write call:${name} to have args and retval together`);

function fentryPoint({ name, type }: Target & { type: FunctionType }): ProgramPoint {
  return {
    mechanism: 'fentry',
    section: `fentry/${name}`,
    target: name,
    offset: 0,
    args: {
      value: argumentList(
        name,
        parameterAccesses(type.parameters, (index) => ({ via: 'slot', index })),
      ),
    },
    retval: entryRetval(name),
  };
}

function fexitPoint({ name, type }: Target & { type: FunctionType }): ProgramPoint {
  const count = type.parameters.length;
  return {
    mechanism: 'fexit',
    section: `fexit/${name}`,
    target: name,
    offset: 0,
    args: {
      value: argumentList(
        name,
        parameterAccesses(type.parameters, (index) => ({ via: 'slot', index })),
      ),
    },
    retval: returned(name, type, { via: 'slot', index: count }),
  };
}

function kprobePoint({ name, offset, type }: Target, arch: ResolveContext['kernel']['arch']): ProgramPoint {
  const args: ProgramPoint['args'] =
    offset > 0
      ? noArgs('inside a function its arguments may have been overwritten', `write kprobe:${name} for its entry`)
      : type === undefined
        ? noArgs(
            `the type information does not describe "${name}"`,
            'write (args) through a function that it does describe',
          )
        : { value: argumentList(name, registerAccesses(type.parameters, arch)) };
  return { mechanism: 'kprobe', section: 'kprobe', target: name, offset, args, retval: entryRetval(name) };
}

function kretprobePoint({ name, type }: Target): ProgramPoint {
  return {
    mechanism: 'kretprobe',
    section: 'kretprobe',
    target: name,
    offset: 0,
    args: noArgs(
      'at the return of a function its arguments are gone',
      `write call:${name} to have args and retval together`,
    ),
    retval:
      type === undefined
        ? noRetval(`the type information does not describe "${name}"`)
        : returned(name, type, { via: 'return register' }),
  };
}

function returned(name: string, { returns }: FunctionType, access: ContextAccess): ProgramPoint['retval'] {
  if (returns.kind === 'void') return noRetval(`${name} returns nothing`);
  if (!inRegister(returns)) {
    const what = returns.kind === 'struct' && returns.name === '' ? returns.kind : describeType(returns);
    return noRetval(`${name} returns a ${what} by value, which cannot be read`);
  }
  return { value: (span) => contextValue(returns, access, span) };
}

const trampolineArguments = 12;

/** Why fentry and fexit cannot attach to a function (kernel, `btf_distill_func_proto`); `undefined` where they can. */
function noTrampoline({ parameters, variadic }: FunctionType): string | undefined {
  if (variadic === true) return 'it takes a variable number of arguments';
  if (parameters.length > trampolineArguments) return `it takes more than ${trampolineArguments} arguments`;
  const other = parameters.find(({ type }) => !inRegister(type));
  return other && `it takes "${other.name}" by value, which is ${describeType(other.type)}`;
}

function typed(target: Target): target is Target & { type: FunctionType } {
  return target.type !== undefined && noTrampoline(target.type) === undefined;
}

function candidates(_hook: HookSpec, { kernel }: ResolveContext): Candidates {
  const { probed, unfit } = kernel.functions();
  return { names: probed, unfit, unfitReason: 'the kernel permits no probe there' };
}

function single(kind: 'fentry' | 'fexit' | 'kprobe' | 'kretprobe', description: string): HookKind {
  const needsType = kind === 'fentry' || kind === 'fexit';
  return {
    kind,
    target: 'FUNCTION',
    description,
    candidates,
    resolve(hook, context) {
      const target = readTarget(hook, context, needsType);
      if (target === undefined) return undefined;
      const label = `${kind}:${hook.target.text.trim()}`;
      const reason = needsType && target.type !== undefined ? noTrampoline(target.type) : undefined;
      if (reason !== undefined) {
        context.sink.add('hook-unsupported', `${kind} cannot attach to "${target.name}": ${reason}`, hook.span, {
          hints: [`write ${kind === 'fexit' ? 'kretprobe' : 'kprobe'}:${target.name}`],
        });
        return undefined;
      }
      if (kind === 'kprobe') return [[{ label, main: kprobePoint(target, context.kernel.arch) }]];
      if (kind === 'kretprobe') return [[{ label, main: kretprobePoint(target) }]];
      if (!typed(target)) return undefined;
      return [[{ label, main: kind === 'fentry' ? fentryPoint(target) : fexitPoint(target) }]];
    },
  };
}

export const kernelFunctionHooks: readonly HookKind[] = [
  single('fentry', 'the entry of a kernel function, by a BPF trampoline'),
  single('fexit', 'the return of a kernel function with its arguments, by a BPF trampoline'),
  single('kprobe', 'the entry of a kernel function, or a place inside it (FUNCTION+OFFSET), by a breakpoint'),
  single('kretprobe', 'the return of a kernel function, by a breakpoint'),
  {
    kind: 'function',
    target: 'FUNCTION',
    description: 'the entry of a kernel function: fentry, else kprobe',
    candidates,
    resolve(hook, context) {
      const target = readTarget(hook, context, false);
      if (target === undefined) return undefined;
      const kprobe = [{ label: `kprobe:${target.name}`, main: kprobePoint(target, context.kernel.arch) }];
      return typed(target) ? [[{ label: `fentry:${target.name}`, main: fentryPoint(target) }], kprobe] : [kprobe];
    },
  },
  {
    kind: 'call',
    target: 'FUNCTION',
    description:
      'a call of a kernel function, seen whole: fexit (and fentry for the duration), else kprobe and kretprobe',
    candidates,
    resolve(hook, context) {
      const target = readTarget(hook, context, false);
      if (target === undefined) return undefined;
      const probes = [
        {
          label: `kprobe+kretprobe:${target.name}`,
          main: kretprobePoint(target),
          entry: kprobePoint(target, context.kernel.arch),
        },
      ];
      if (!typed(target)) return [probes];
      return [[{ label: `fexit:${target.name}`, main: fexitPoint(target), entry: fentryPoint(target) }], probes];
    },
  },
];
