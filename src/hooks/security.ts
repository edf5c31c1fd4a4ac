/** `lsm:HOOK`: a place where the kernel asks its security modules whether something is allowed. Programs here only watch: they return 0, which leaves the answer to the others. */
import { didYouMean } from '../diagnostics/suggest.js';
import type { Kernel } from '../kernel/kernel.js';
import { argumentList, parameterAccesses } from './arguments.js';
import { type HookKind, noRetval } from './hook.js';

/** The kernel has an empty function for each hook, for programs to attach to (kernel/bpf/bpf_lsm.c). */
const functionPrefix = 'bpf_lsm_';

export const securityHook: HookKind = {
  kind: 'lsm',
  target: 'HOOK',
  description: 'a question to the security modules, watched and not answered',
  candidates: (_hook, { kernel }) => ({ names: securityHookNames(kernel) }),
  resolve(hook, { kernel, sink }) {
    const name = hook.target.text.trim();
    const type = kernel.func(functionPrefix + name);
    if (type === undefined) {
      const names = securityHookNames(kernel);
      sink.add('hook-not-found', `this kernel has no LSM hook "${name}"`, hook.target.span, {
        hints: names.length === 0 ? ['it was built without CONFIG_BPF_LSM'] : didYouMean(name, names),
      });
      return undefined;
    }
    return [
      [
        {
          label: `lsm:${name}`,
          main: {
            mechanism: 'lsm',
            section: `lsm/${name}`,
            target: name,
            offset: 0,
            args: {
              value: argumentList(
                `lsm:${name}`,
                parameterAccesses(type.parameters, (index) => ({ via: 'slot', index })),
              ),
            },
            retval: noRetval('the answer is not there yet: the other security modules may still be asked'),
          },
        },
      ],
    ];
  },
};

export function securityHookNames(kernel: Kernel): string[] {
  const names: string[] = [];
  for (const name of kernel.names('func')) {
    if (name.startsWith(functionPrefix)) names.push(name.slice(functionPrefix.length));
  }
  return names;
}
