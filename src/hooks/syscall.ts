/** `syscall:`: system calls, seen whole, by the sys_enter and sys_exit tracepoints. */
import { diagnostic } from '../diagnostics/diagnostic.js';
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
  target: 'NAME or {NAME,NAME,…}',
  description: 'a system call with its arguments, return value and duration',
  resolve(hook, { kernel, sink }) {
    const text = hook.target.text.trim();
    const list = /^\{(.*)\}$/s.exec(text);
    // A call that stands twice is still caught once.
    const names = new Set((list?.[1] ?? text).split(',').map((each) => each.trim()));
    const found: Attachment[] = [];
    const missing: string[] = [];
    for (const name of names) {
      if (!/^[a-z0-9_]+$/i.test(name)) {
        sink.add('hook-target', `"${name}" is not the name of a system call`, hook.target.span, {
          hints: ['write syscall:openat or syscall:{open,openat}'],
        });
        return undefined;
      }
      const syscall = kernel.syscall(name);
      if (syscall === undefined) missing.push(name);
      else found.push(attachment(syscall));
    }
    for (const name of missing) {
      const skipped = found.length > 0;
      const hints = skipped ? [] : didYouMean(name, kernel.syscallNames());
      sink.diagnostics.push(
        diagnostic(
          'hook-not-found',
          `this kernel has no system call "${name}"${skipped ? ': left out' : ''}`,
          hook.target.span,
          {
            severity: skipped ? 'note' : 'error',
            hints,
          },
        ),
      );
    }
    return found.length === 0 ? undefined : [found];
  },
};
