/** `syscall:`: system calls, seen whole, by the sys_enter and sys_exit tracepoints. */
import { didYouMean } from '../diagnostics/suggest.js';
import type { SyscallPrototype } from '../kernel/kernel.js';
import { i64 } from '../language/types.js';
import { argumentList, contextValue } from './arguments.js';
import { type Attachment, type HookKind, noArgs, noRetval } from './hook.js';

/**
 * The records of sys_enter_* and sys_exit_* have one layout on every 64-bit kernel (`struct syscall_trace_enter` and `syscall_trace_exit`,
 * kernel/trace/trace.h): the number at 8, then arguments or the return value as longs from 16 on.
 */
const firstArgument = 16;

function attachment(syscall: SyscallPrototype): Attachment {
  const { name, parameters } = syscall;
  const args = parameters.map((parameter, index) => ({
    name: parameter.name,
    type: parameter.type,
    access: { via: 'record', offset: firstArgument + 8 * index, size: 8 } as const,
  }));
  return {
    label: `syscall:${name}`,
    main: {
      mechanism: 'tracepoint',
      section: 'tracepoint',
      target: `syscalls:sys_exit_${name}`,
      offset: 0,
      args: noArgs('at the exit of a system call its arguments are gone'),
      retval: { value: (span) => contextValue(i64, { via: 'record', offset: firstArgument, size: 8 }, span) },
    },
    entry: {
      mechanism: 'tracepoint',
      section: 'tracepoint',
      target: `syscalls:sys_enter_${name}`,
      offset: 0,
      args: { value: argumentList(`syscall:${name}`, args) },
      retval: noRetval('a system call has no return value yet at its entry'),
    },
  };
}

export const syscallHook: HookKind = {
  kind: 'syscall',
  target: 'NAME',
  description: 'a system call with its arguments, return value and duration',
  candidates: (_hook, { kernel }) => ({ names: [...kernel.syscallNames()].sort() }),
  resolve(hook, { kernel, sink }) {
    const name = hook.target.text.trim();
    if (!/^[a-z0-9_]+$/i.test(name)) {
      sink.add('hook-target', `"${name}" is not the name of a system call`, hook.target.span, {
        hints: ['write syscall:openat or syscall:{open,openat}'],
      });
      return undefined;
    }
    const syscall = kernel.syscall(name);
    if (syscall !== undefined) return [[attachment(syscall)]];
    sink.add('hook-not-found', `this kernel has no system call "${name}"`, hook.target.span, {
      hints: didYouMean(name, kernel.syscallNames()),
    });
    return undefined;
  },
};
