/** Attaches what was chosen, in the manifest's order. If one attachment fails, those already made are undone. */
import type { AttachAlternative, ProgramManifest } from '../compile/manifest.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import { attachCapture } from './capture.js';
import type { LoadedPipeline } from './load-pipeline.js';
import { type AttachedTargets, attachTargets, linkTarget } from './multi-links.js';
import {
  type AttachTarget,
  isNativeError,
  type NativeLink,
  type NativeObject,
  type PerfEventNumbers,
} from './native-addon.js';
import { attachFailure, reasonOf } from './native-failure.js';
import { scopePrograms } from './scope.js';

/** A link, and the name of the probe that it is of. */
export interface Hook {
  readonly probe: string;
  readonly link: NativeLink;
}

export interface Attached {
  readonly links: readonly NativeLink[];
  /** Of the links those that can be detached while the run goes on, and attached again by `attachHooks`. */
  readonly hooks: readonly Hook[];
  /** Those whose programs run only when they are told to. */
  readonly iterators: readonly Hook[];
  /** Targets of patterns that the kernel refused, by the label of what was chosen: how many, and why the first of them. */
  readonly refused: ReadonlyMap<string, { readonly count: number; readonly reason: string }>;
  readonly diagnostics: readonly Diagnostic[];
}

const nothing: Attached = { links: [], hooks: [], iterators: [], refused: new Map(), diagnostics: [] };

export function attachPipeline(loaded: LoadedPipeline, source?: Source): Attached {
  const { bundle, object, capture, scope } = loaded;
  const links: NativeLink[] = [];
  if (scope?.followChildren === true) {
    const followed = followChildren(object);
    if ('diagnostic' in followed) return { ...nothing, diagnostics: [followed.diagnostic] };
    links.push(...followed.links);
  }
  if (bundle.manifest.capture !== undefined) {
    try {
      attachCapture(object, capture, links);
    } catch (error) {
      for (const link of links) link.detach();
      if (!isNativeError(error)) throw error;
      return { ...nothing, diagnostics: [attachFailure('what captures connections', error, undefined)] };
    }
  }
  const probes = attachPrograms(loaded, () => true, source);
  if (probes.diagnostics.length > 0) for (const link of links) link.detach();
  return { ...probes, links: [...links, ...probes.links] };
}

/** What was detached of some probes while the run goes on: all but programs that run only when they are told to, which cost nothing otherwise. */
export function attachHooks(loaded: LoadedPipeline, ofProbe: (name: string) => boolean): Attached {
  return attachPrograms(loaded, ({ mechanism }, probe) => mechanism !== 'iter' && ofProbe(probe));
}

function attachPrograms(
  { object, choices, multi, unfit }: LoadedPipeline,
  wanted: (program: ProgramManifest, probe: string) => boolean,
  source?: Source,
): Attached {
  const links: NativeLink[] = [];
  const hooks: Hook[] = [];
  const iterators: Hook[] = [];
  const refused = new Map<string, { count: number; reason: string }>();
  for (const { probe, chosen } of choices) {
    for (const program of chosen.programs) {
      if (program.mechanism === 'message' || !wanted(program, probe)) continue;
      try {
        const refusedBefore = unfit.get(program.program);
        const attached =
          refusedBefore === undefined
            ? attachProgram(program, object, chosen, multi.has(program.program))
            : { links: [], refused: 1, refusal: refusedBefore };
        links.push(...attached.links);
        const to = program.mechanism === 'iter' ? iterators : hooks;
        to.push(...attached.links.map((link) => ({ probe, link })));
        const { refusal } = attached;
        if (refusal === undefined) continue;
        if (attached.links.length === 0 && chosen.programs.length === 1) throw refusal;
        const before = refused.get(chosen.label);
        refused.set(chosen.label, {
          count: (before?.count ?? 0) + attached.refused,
          reason: before?.reason ?? reasonOf(refusal),
        });
      } catch (error) {
        for (const link of links) link.detach();
        if (!isNativeError(error)) throw error;
        const span = source === undefined ? undefined : { source, ...chosen.place };
        return { ...nothing, diagnostics: [attachFailure(chosen.label, error, span)] };
      }
    }
  }
  return { links, hooks, iterators, refused, diagnostics: [] };
}

function attachProgram(
  program: ProgramManifest,
  object: NativeObject,
  { matches }: AttachAlternative,
  together: boolean,
): AttachedTargets {
  const { target, offset } = program;
  const targets = program.targets ?? [{ target, offset, cookie: 0 }];
  // What the user named must attach; of what a pattern matches a part may not.
  if (matches === undefined && program.targets === undefined) {
    const offsets = [offset, ...(program.moreOffsets ?? [])];
    return {
      links: offsets.map((each) => object.attach(program.program, targetOf({ ...program, offset: each }))),
      refused: 0,
    };
  }
  return attachTargets(targets, together, (some) => {
    const [first] = some;
    const all = together ? linkTarget(program, some) : undefined;
    return object.attach(program.program, all ?? targetOf({ ...program, ...first }, first?.cookie));
  });
}

function targetOf(program: ProgramManifest, cookie = 0): AttachTarget {
  const { mechanism, target, offset } = program;
  switch (mechanism) {
    case 'tp_btf':
    case 'raw_tracepoint':
    case 'fentry':
    case 'fexit':
    case 'lsm':
      return { kind: 'section' };
    case 'iter':
      return { kind: 'iter', objects: target };
    case 'tracepoint': {
      const [category = '', name = ''] = target.split(':');
      return { kind: 'tracepoint', category, name, cookie };
    }
    case 'kprobe':
    case 'kretprobe':
      return { kind: 'kprobe', function: target, offset, return: mechanism === 'kretprobe', cookie };
    case 'uprobe':
    case 'uretprobe':
      return {
        kind: 'uprobe',
        path: target,
        offset,
        return: mechanism === 'uretprobe',
        pid: -1,
        cookie,
        ...(program.semaphore === undefined ? {} : { semaphore: program.semaphore }),
      };
    case 'message':
      throw new Error('what runs for messages is not attached');
    case 'interval':
      return { kind: 'clock', periodNs: BigInt(target), cpus: 'one' };
    case 'profile':
      return { kind: 'clock', periodNs: BigInt(target), cpus: 'all' };
    case 'perf':
      return { kind: 'perf', name: target, ...samplingOf(program) };
  }
}

function samplingOf({ perf, program }: ProgramManifest): PerfEventNumbers {
  if (perf === undefined) throw new Error(`the manifest does not say which perf event "${program}" is for`);
  return { ...perf, config: BigInt(perf.config), every: BigInt(perf.every) };
}

function followChildren(object: NativeObject): { links: NativeLink[] } | { diagnostic: Diagnostic } {
  const links: NativeLink[] = [];
  try {
    for (const program of scopePrograms) links.push(object.attach(program, { kind: 'section' }));
    return { links };
  } catch (error) {
    for (const link of links) link.detach();
    if (!isNativeError(error)) throw error;
    return { diagnostic: attachFailure('what follows processes to their children', error, undefined) };
  }
}
