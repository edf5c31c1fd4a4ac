/** A loaded pipeline as what `limits` works upon: its programs' time, their sampling, and their links. */
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { diagnostic } from '../diagnostics/diagnostic.js';
import { attachHooks } from './attach-pipeline.js';
import { readProgramTimes } from './counters.js';
import { CpuLimit } from './cpu-limit.js';
import type { LoadedPipeline } from './load-pipeline.js';
import { isNativeError, type NativeAddon, type NativeLink } from './native-addon.js';
import { reasonOf } from './native-failure.js';

/** The data section that templates/bpf/limits.hbs declares. */
const sampling = '.data.limit';

export type KernelAccount = { readonly release: () => void } | { readonly refused: Diagnostic };

/** The kernel's account of programs, for a pipeline that has a limit. Refused: without CAP_SYS_ADMIN. */
export function openAccount(addon: NativeAddon): KernelAccount {
  try {
    return { release: addon.enableStatistics() };
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const hints = ['"limits" needs the kernel\'s account of BPF programs, which takes CAP_SYS_ADMIN, or root'];
    return { refused: diagnostic('privilege', `cannot ${error.attempted}: ${reasonOf(error)}`, undefined, { hints }) };
  }
}

/** `hooks`: what is attached now. `undefined` where the pipeline has no limit. */
export function limitSession(
  loaded: LoadedPipeline,
  hooks: readonly NativeLink[],
  account: { readonly release: () => void } | undefined,
  say: (message: string) => void = () => {},
): CpuLimit | undefined {
  const { manifest } = loaded.bundle;
  if (manifest.limits === undefined || account === undefined) return undefined;
  let attached = hooks;
  const programs = {
    nanoseconds: () => readProgramTimes(loaded).reduce((sum, { nanoseconds }) => sum + nanoseconds, 0n),
    takeOneIn: (hits: number) => {
      const value = Buffer.alloc(4);
      value.writeUInt32LE(hits);
      loaded.object.map(sampling).update(Buffer.alloc(4), value);
    },
    detach: () => {
      for (const link of attached) link.detach();
      attached = [];
    },
    attach: () => {
      const again = attachHooks(loaded);
      attached = again.hooks;
      return again.diagnostics[0]?.message;
    },
    say: (message: string) => say(`${manifest.name} ${message}`),
  };
  return new CpuLimit(manifest.limits, programs, account.release);
}
