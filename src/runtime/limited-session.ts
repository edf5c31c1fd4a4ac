/** A loaded pipeline as what `limits` works upon: its programs' time, their sampling, and their links. */
import { type LimitGroup, limitGroups } from '../compile/limit-groups.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { diagnostic } from '../diagnostics/diagnostic.js';
import { attachHooks, type Hook } from './attach-pipeline.js';
import { readProgramTimes } from './counters.js';
import { CpuLimit, type LimitAccount } from './cpu-limit.js';
import type { LoadedPipeline } from './load-pipeline.js';
import { isNativeError, type NativeAddon } from './native-addon.js';
import { reasonOf } from './native-failure.js';

/** The data section that templates/bpf/limits.hbs declares. */
const sampling = '.data.limit';

export type KernelAccount = { readonly release: () => void } | { readonly refused: Diagnostic };

/** The kernel's account of programs, for a pipeline that has a limit, or whose probes have. Refused: without CAP_SYS_ADMIN. */
export function openAccount(addon: NativeAddon): KernelAccount {
  try {
    return { release: addon.enableStatistics() };
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const hints = ['"limits" needs the kernel\'s account of BPF programs, which takes CAP_SYS_ADMIN, or root'];
    return { refused: diagnostic('privilege', `cannot ${error.attempted}: ${reasonOf(error)}`, undefined, { hints }) };
  }
}

export function isLimited({ bundle: { manifest } }: LoadedPipeline): boolean {
  return limitGroups(manifest, manifest.probes).length > 0;
}

/** All limits of a pipeline that counts. */
export class LimitedSession {
  readonly #kept: readonly { readonly group: LimitGroup; readonly limit: CpuLimit }[];
  readonly #release: () => void;

  /** `hooks`: what is attached now. `release` ends the kernel's account of programs. */
  constructor(
    loaded: LoadedPipeline,
    hooks: readonly Hook[],
    release: () => void,
    say: (message: string) => void = () => {},
  ) {
    const { manifest } = loaded.bundle;
    const groups = limitGroups(manifest, manifest.probes);
    const oneIn = new Uint32Array(groups.length).fill(1);
    this.#release = release;
    this.#kept = groups.map((group, index) => {
      const ofGroup = (probe: string): boolean => group.probes.includes(probe);
      let attached = hooks.filter(({ probe }) => ofGroup(probe));
      const name = group.probe === undefined ? manifest.name : `${manifest.name}: the probe "${group.probe}"`;
      const limit = new CpuLimit(group.limits, {
        nanoseconds: () =>
          readProgramTimes(loaded).reduce(
            (sum, { probe, nanoseconds }) => sum + (ofGroup(probe) ? nanoseconds : 0n),
            0n,
          ),
        takeOneIn: (hits) => {
          oneIn[index] = hits;
          loaded.object.map(sampling).update(Buffer.alloc(4), Buffer.from(oneIn.buffer));
        },
        detach: () => {
          for (const { link } of attached) link.detach();
          attached = [];
        },
        attach: () => {
          const again = attachHooks(loaded, ofGroup);
          attached = [...again.hooks];
          return again.diagnostics[0]?.message;
        },
        say: (message) => say(`${name} ${message}`),
      });
      return { group, limit };
    });
  }

  /** Of the pipeline's limit; missing where it has none. */
  get account(): LimitAccount | undefined {
    return this.#kept.find(({ group }) => group.probe === undefined)?.limit.account;
  }

  /** Of probes with limits of their own, by name. */
  get accounts(): ReadonlyMap<string, LimitAccount> {
    return new Map(
      this.#kept.flatMap(({ group, limit }) => (group.probe === undefined ? [] : [[group.probe, limit.account]])),
    );
  }

  stop(): void {
    for (const { limit } of this.#kept) limit.stop();
    this.#release();
  }
}
