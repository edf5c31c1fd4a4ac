/** `kstack` and `ustack`, alone or with the most frames that are wanted: `ustack(5)`. */
import type { Span } from '../../diagnostics/source.js';
import type { Type } from '../types.js';
import * as types from '../types.js';
import type { LanguageFunction } from './language-function.js';
import type { Typed } from './typed.js';

/** PERF_MAX_STACK_DEPTH (include/uapi/linux/perf_event.h): the kernel keeps no more, unless kernel.perf_event_max_stack says so. */
export const mostFrames = 127;

const stackTypes = { kstack: types.kstack, ustack: types.ustack } as const;

export const isStack = (type: Type): boolean => type.kind === 'kstack' || type.kind === 'ustack';

export function stackValue(name: 'kstack' | 'ustack', frames: number, span: Span): Typed {
  return { op: 'stack', frames, type: stackTypes[name], span };
}

function stackFunction(name: 'kstack' | 'ustack', whose: string): LanguageFunction {
  return {
    name,
    stage: 'kernel',
    signature: `${name}(frames)`,
    description: `the innermost frames of ${whose}, 1 to ${mostFrames} of them; ${name} alone is all of them`,
    arity: [1, 1],
    check: ({ arguments: [frames], sink, span }) => {
      if (frames === undefined) return undefined;
      if (frames.op === 'constant' && frames.value >= 1n && frames.value <= BigInt(mostFrames))
        return stackValue(name, Number(frames.value), span);
      sink.add('value-range', `${name}() takes a constant number of frames, 1 to ${mostFrames}`, frames.span, {
        hints: [`${name} alone is the whole stack`],
      });
      return undefined;
    },
  };
}

export const stackFunctions: readonly LanguageFunction[] = [
  stackFunction('kstack', 'the kernel’s stack'),
  stackFunction('ustack', 'the process’ own stack'),
];
