/**
 * Programs with many targets: attached by one link where the kernel has such links, else one by one. A target that the kernel refuses is left out and told of, unless all are.
 */
import type { ProgramManifest, TargetManifest } from '../compile/manifest.js';
import type { Choice } from './choose-alternatives.js';
import {
  type AttachTarget,
  isNativeError,
  type NativeAddon,
  type NativeError,
  type NativeLink,
} from './native-addon.js';

export type MultiKind = 'kprobe' | 'uprobe';

/** Which programs the kernel, when asked, can attach by one link. Programs are loaded differently for that. */
export function programsOfOneLink(choices: readonly Choice[], addon: NativeAddon): ReadonlyMap<string, MultiKind> {
  const answers = new Map<MultiKind, boolean>();
  const multi = new Map<string, MultiKind>();
  for (const program of choices.flatMap(({ chosen }) => chosen.programs)) {
    const kind = multiKind(program);
    if (kind === undefined) continue;
    if (!answers.has(kind)) answers.set(kind, asks(kind, program, addon));
    if (answers.get(kind) === true) multi.set(program.program, kind);
  }
  return multi;
}

function multiKind({ mechanism, targets }: ProgramManifest): MultiKind | undefined {
  if (targets === undefined) return undefined;
  if (mechanism === 'uprobe' || mechanism === 'uretprobe') return 'uprobe';
  const atEntries = targets.every(({ offset }) => offset === 0);
  return (mechanism === 'kprobe' || mechanism === 'kretprobe') && atEntries ? 'kprobe' : undefined;
}

function asks(kind: MultiKind, { target, offset }: ProgramManifest, addon: NativeAddon): boolean {
  const request =
    kind === 'kprobe'
      ? ({ kind: 'kprobe_multi', function: target } as const)
      : ({ kind: 'uprobe_multi', path: target, offset } as const);
  return addon.probeAttach(request) === undefined;
}

export interface AttachedTargets {
  readonly links: readonly NativeLink[];
  /** How many the kernel refused, and the first refusal. */
  readonly refused: number;
  readonly refusal?: NativeError;
}

/** What says that a place cannot be probed; anything else (no memory, no permission) concerns all of them. */
const unfit: ReadonlySet<string> = new Set([
  'EINVAL',
  'ENOENT',
  'ESRCH',
  'EADDRNOTAVAIL',
  'EILSEQ',
  'EOPNOTSUPP',
  'ENOTSUPP',
]);

/** `all`: the target of a link to some of the program's targets, or of one to a single one. Throws what concerns all of them. */
export function attachTargets(
  targets: readonly TargetManifest[],
  together: boolean,
  attach: (targets: readonly TargetManifest[]) => NativeLink,
): AttachedTargets {
  try {
    if (together || targets.length === 1) return { links: [attach(targets)], refused: 0 };
  } catch (error) {
    if (!isNativeError(error) || !unfit.has(error.errno)) throw error;
    if (targets.length === 1) return { links: [], refused: 1, refusal: error };
  }
  // The kernel does not say which one it refused: halves are tried, down to the single ones.
  const middle = together ? Math.ceil(targets.length / 2) : 1;
  const parts = together ? [targets.slice(0, middle), targets.slice(middle)] : targets.map((target) => [target]);
  const links: NativeLink[] = [];
  let refused = 0;
  let refusal: NativeError | undefined;
  try {
    for (const part of parts) {
      const attached = attachTargets(part, together, attach);
      links.push(...attached.links);
      refused += attached.refused;
      refusal ??= attached.refusal;
    }
  } catch (error) {
    for (const link of links) link.detach();
    throw error;
  }
  return { links, refused, ...(refusal === undefined ? {} : { refusal }) };
}

/** What one link attaches to: all of the targets, which are of one file where they are in files. */
export function linkTarget(program: ProgramManifest, targets: readonly TargetManifest[]): AttachTarget | undefined {
  const cookies = targets.map(({ cookie }) => cookie);
  switch (program.mechanism) {
    case 'kprobe':
    case 'kretprobe':
      return {
        kind: 'kprobes',
        functions: targets.map(({ target }) => target),
        cookies,
        return: program.mechanism === 'kretprobe',
      };
    case 'uprobe':
    case 'uretprobe':
      return {
        kind: 'uprobes',
        path: program.target,
        offsets: targets.map(({ offset }) => offset),
        cookies,
        return: program.mechanism === 'uretprobe',
        pid: -1,
      };
    default:
      return undefined;
  }
}
