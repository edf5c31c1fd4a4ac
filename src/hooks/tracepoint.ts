/** `tracepoint: tp_btf: raw_tracepoint:`: the kernel's static trace points. */

import type { Span } from '../diagnostics/source.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { TracepointField } from '../kernel/kernel.js';
import type { ContextAccess } from '../language/expression/typed.js';
import type { LocatedText } from '../language/spec.js';
import { argumentList, type NamedAccess, parameterAccesses } from './arguments.js';
import {
  type Candidates,
  type HookKind,
  type HookSpec,
  noRetval,
  type ProgramPoint,
  type ResolveContext,
} from './hook.js';

const retval = noRetval('a tracepoint returns nothing');

/** System calls have two tracepoints each, and the result stands in the fields of the second. */
function retvalOf(name: string): ProgramPoint['retval'] {
  const [, side, call] = /^sys_(enter|exit)_(.+)$/.exec(name) ?? [];
  if (call === undefined) return retval;
  return side === 'exit'
    ? noRetval('it is a field of this tracepoint', 'write args.ret')
    : noRetval(
        'a system call has no result yet at its entry',
        `write syscall:${call} to have args, retval and duration`,
      );
}

function rawKind(kind: 'tp_btf' | 'raw_tracepoint', description: string): HookKind {
  const section = kind === 'tp_btf' ? 'tp_btf' : 'raw_tp';
  return {
    kind,
    target: 'NAME',
    description,
    candidates: (_hook, { kernel }) => ({ names: kernel.rawTracepointNames() }),
    resolve(hook, { kernel, sink }) {
      const name = hook.target.text.trim();
      const type = kernel.rawTracepoint(name);
      if (type === undefined) {
        const withCategory = /^[^:]+:(.+)$/.exec(name)?.[1];
        const hints =
          withCategory !== undefined && kernel.rawTracepoint(withCategory) !== undefined
            ? [`leave out the category: ${kind}:${withCategory}`]
            : didYouMean(name, kernel.rawTracepointNames());
        sink.add('hook-not-found', `this kernel has no tracepoint "${name}"`, hook.target.span, { hints });
        return undefined;
      }
      const accesses = parameterAccesses(type.parameters, (index) => ({ via: 'slot', index }));
      const args = { value: argumentList(`${kind}:${name}`, accesses) };
      const label = `${kind}:${name}`;
      return [
        [{ label, main: { mechanism: kind, section: `${section}/${name}`, target: name, offset: 0, args, retval } }],
      ];
    },
  };
}

function recordAccess(field: TracepointField): NamedAccess {
  const { name, type, offset, size } = field;
  if (field.dynamic !== undefined) {
    return { name, type, access: { via: 'dynamic address', offset, relative: field.dynamic === 'rel_loc' } };
  }
  const inPlace = type.kind === 'array' || type.kind === 'struct';
  const access: ContextAccess = inPlace ? { via: 'record address', offset } : { via: 'record', offset, size };
  return { name, type, access };
}

/** Without tracefs the kernel's types tell what tracepoints there are, though neither their categories nor all of their formats. */
function absence(
  { text, span }: LocatedText,
  category: string,
  name: string,
  { kernel, host }: Pick<ResolveContext, 'kernel' | 'host'>,
): [string, Span, { hints: string[] }] {
  if (kernel.tracepointsReadable) {
    return [`this kernel has no tracepoint "${text}"`, span, { hints: didYouMean(text, kernel.tracepointNames()) }];
  }
  const tracefs = `tracefs, which ${host.uid === 0 ? 'cannot be read here' : 'only root can read'}`;
  if (kernel.rawTracepoint(name) !== undefined) {
    return [
      `the fields of "${text}" are not known: they stand in ${tracefs}`,
      span,
      { hints: [`use tp_btf:${name}, whose arguments the kernel’s types tell`] },
    ];
  }
  const close = didYouMean(
    text,
    [...kernel.rawTracepointNames()].map((each) => `${category}:${each}`),
  );
  return [
    `this kernel’s types have no tracepoint "${text}"`,
    span,
    { hints: [...close, `${tracefs}, would tell for certain`] },
  ];
}

/** Without root the names of system calls' tracepoints are known all the same. */
function tracepointCandidates(hook: HookSpec, { kernel, sink }: ResolveContext): Candidates | undefined {
  const pattern = hook.target.text.trim();
  if (!pattern.includes(':')) {
    sink.add('hook-target', `"${pattern}" is not CATEGORY:NAME`, hook.target.span, {
      hints: [`write tracepoint:*:${pattern}`],
    });
    return undefined;
  }
  if (kernel.tracepointsReadable) return { names: kernel.tracepointNames() };
  if (pattern.startsWith('syscalls:')) {
    const names = [...kernel.syscallNames()].sort();
    return { names: names.flatMap((name) => [`syscalls:sys_enter_${name}`, `syscalls:sys_exit_${name}`]) };
  }
  sink.add('hook-not-found', `what "${pattern}" matches cannot be known without root`, hook.target.span, {
    hints: ['the kernel’s list of tracepoints can only be read by root: run as root, or use tp_btf:'],
  });
  return undefined;
}

export const tracepointHooks: readonly HookKind[] = [
  {
    kind: 'tracepoint',
    target: 'CATEGORY:NAME',
    description: 'a tracepoint with the arguments of its documented format',
    candidates: tracepointCandidates,
    resolve(hook, { kernel, sink, host }) {
      const written = /^([A-Za-z0-9_-]+):([A-Za-z0-9_]+)$/.exec(hook.target.text);
      if (written?.[1] === undefined || written[2] === undefined) {
        const full = [...kernel.tracepointNames()].find((each) => each.endsWith(`:${hook.target.text}`));
        sink.add('hook-target', `"${hook.target.text}" is not CATEGORY:NAME`, hook.target.span, {
          hints: [`write tracepoint:${full ?? 'sched:sched_switch'}`],
        });
        return undefined;
      }
      const [, category, name] = written;
      const format = kernel.tracepoint(category, name);
      if (format === undefined) {
        sink.add('hook-not-found', ...absence(hook.target, category, name, { kernel, host }));
        return undefined;
      }
      const target = `${category}:${name}`;
      const label = `tracepoint:${target}`;
      const args = { value: argumentList(label, format.fields.map(recordAccess)) };
      return [
        [
          {
            label,
            main: { mechanism: 'tracepoint', section: 'tracepoint', target, offset: 0, args, retval: retvalOf(name) },
          },
        ],
      ];
    },
  },
  rawKind('tp_btf', 'a tracepoint with the kernel’s own typed arguments'),
  rawKind('raw_tracepoint', 'a tracepoint with the kernel’s own arguments, for kernels without tp_btf'),
];
