/** Every kind of hook. A new kind is one file and one line here. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggest.js';
import type { Located } from '../language/spec.js';
import type { HookKind } from './hook.js';
import { httpHook } from './http.js';
import { intervalHook } from './interval.js';
import { iteratorHook } from './iterator.js';
import { kernelFunctionHooks } from './kernel-function.js';
import { perfHook } from './perf.js';
import { profileHook } from './profile.js';
import { securityHook } from './security.js';
import { syscallHook } from './syscall.js';
import { tracepointHooks } from './tracepoint.js';
import { usdtHook } from './usdt.js';
import { userFunctionHooks } from './user-function.js';

export const hookKinds: readonly HookKind[] = [
  ...tracepointHooks,
  ...kernelFunctionHooks,
  syscallHook,
  ...userFunctionHooks,
  usdtHook,
  securityHook,
  iteratorHook,
  intervalHook,
  profileHook,
  perfHook,
  httpHook,
];

/** What other tracers call these, and what is planned. */
const otherNames: ReadonlyMap<string, readonly string[]> = new Map([
  ['kfunc', ['write fentry:FUNCTION, or function:FUNCTION to take kprobe where there is no fentry']],
  ['kretfunc', ['write fexit:FUNCTION, or call:FUNCTION to have arguments, result and duration']],
  ['rawtracepoint', ['write raw_tracepoint:NAME, or tp_btf:NAME to have typed arguments']],
  ['software', ['write perf:EVENT:COUNT, as in perf:page-faults:1']],
  ['hardware', ['write perf:EVENT:COUNT, as in perf:cycles:1000000']],
]);

const byKind = new Map(hookKinds.map((each) => [each.kind, each]));

export function findHookKind(kind: Located<string>, sink: DiagnosticSink): HookKind | undefined {
  const found = byKind.get(kind.value);
  if (found === undefined) {
    sink.add('hook-unknown', `unknown kind of hook "${kind.value}"`, kind.span, {
      hints: [
        ...(otherNames.get(kind.value) ?? didYouMean(kind.value, byKind.keys())),
        `the kinds are ${[...byKind.keys()].join(' ')}`,
      ],
    });
  }
  return found;
}
