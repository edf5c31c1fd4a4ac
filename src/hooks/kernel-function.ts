/** `kprobe: kretprobe: fentry: fexit: function: call:`: a function of the kernel, by each mechanism. */
import { didYouMean } from '../diagnostics/suggest.js';
import type { FunctionType } from '../language/types.js';
import { argumentList, contextValue, parameterAccesses } from './arguments.js';
import { type HookKind, type HookSpec, noArgs, noRetval, type ProgramPoint, type ResolveContext } from './hook.js';

/** Integer arguments that the calling conventions of x86-64 and arm64 pass in registers, and that BPF can read there. */
const registerArguments = { x86_64: 6, arm64: 8 } as const;

interface Target {
  readonly name: string;
  /** Bytes into the function; 0 for its entry. */
  readonly offset: number;
  /** Missing where BTF does not describe the function: it can be probed, but has no typed arguments. */
  readonly type?: FunctionType;
}

function readTarget(hook: HookSpec, context: ResolveContext, needsType: boolean): Target | undefined {
  const { kernel, sink } = context;
  const written = /^([A-Za-z_.][A-Za-z0-9_.$]*)(?:\+(0x[0-9a-fA-F]+|[0-9]+))?$/.exec(hook.target.text);
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
  const { returns } = type;
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
    retval:
      returns.kind === 'void'
        ? noRetval(`${name} returns nothing`)
        : { value: (span) => contextValue(returns, { via: 'slot', index: count }, span) },
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
        : {
            value: argumentList(
              name,
              parameterAccesses(type.parameters, (index) => ({ via: 'register', index }), registerArguments[arch]),
            ),
          };
  return { mechanism: 'kprobe', section: 'kprobe', target: name, offset, args, retval: entryRetval(name) };
}

function kretprobePoint({ name, type }: Target): ProgramPoint {
  const returns = type?.returns;
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
      returns === undefined || returns.kind === 'void'
        ? noRetval(
            returns === undefined ? `the type information does not describe "${name}"` : `${name} returns nothing`,
          )
        : { value: (span) => contextValue(returns, { via: 'return register' }, span) },
  };
}

/** fentry and fexit pass at most 12 arguments and no structs by value (kernel, `btf_distill_func_proto`). */
function typed(target: Target): target is Target & { type: FunctionType } {
  return (
    target.type !== undefined &&
    target.type.variadic !== true &&
    target.type.parameters.length <= 12 &&
    target.type.parameters.every(({ type }) => type.kind !== 'struct' && type.kind !== 'float')
  );
}

function single(kind: 'fentry' | 'fexit' | 'kprobe' | 'kretprobe', description: string): HookKind {
  const needsType = kind === 'fentry' || kind === 'fexit';
  return {
    kind,
    target: 'FUNCTION',
    description,
    resolve(hook, context) {
      const target = readTarget(hook, context, needsType);
      if (target === undefined) return undefined;
      const label = `${kind}:${hook.target.text}`;
      if (needsType && !typed(target)) {
        context.sink.add(
          'hook-unsupported',
          `${kind} cannot attach to "${target.name}": its arguments do not fit in registers`,
          hook.span,
          {
            hints: [`write kprobe:${target.name}`],
          },
        );
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
