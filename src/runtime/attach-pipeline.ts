/** Attaches what was chosen, in the manifest's order. If one attachment fails, those already made are undone. */
import type { ProgramManifest } from '../compile/manifest.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import type { LoadedPipeline } from './load-pipeline.js';
import {
  type AttachTarget,
  isNativeError,
  type NativeLink,
  type NativeObject,
  type PerfEventNumbers,
} from './native-addon.js';
import { attachFailure } from './native-failure.js';
import { scopePrograms } from './scope.js';

export interface Attached {
  readonly links: readonly NativeLink[];
  /** Those whose programs run only when they are told to, by their probes' names. */
  readonly iterators: readonly { readonly probe: string; readonly link: NativeLink }[];
  readonly diagnostics: readonly Diagnostic[];
}

export function attachPipeline({ object, choices, scope }: LoadedPipeline, source?: Source): Attached {
  const links: NativeLink[] = [];
  const iterators: { probe: string; link: NativeLink }[] = [];
  if (scope?.followChildren === true) {
    const followed = followChildren(object);
    if ('diagnostic' in followed) return { links: [], iterators: [], diagnostics: [followed.diagnostic] };
    links.push(...followed.links);
  }
  for (const { probe, chosen } of choices) {
    for (const program of chosen.programs) {
      try {
        for (const offset of [program.offset, ...(program.moreOffsets ?? [])]) {
          const link = object.attach(program.program, targetOf({ ...program, offset }));
          links.push(link);
          if (program.mechanism === 'iter') iterators.push({ probe, link });
        }
      } catch (error) {
        for (const link of links) link.detach();
        if (!isNativeError(error)) throw error;
        const span = source === undefined ? undefined : { source, ...chosen.place };
        return { links: [], iterators: [], diagnostics: [attachFailure(chosen.label, error, span)] };
      }
    }
  }
  return { links, iterators, diagnostics: [] };
}

function targetOf(program: ProgramManifest): AttachTarget {
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
      return { kind: 'tracepoint', category, name };
    }
    case 'kprobe':
    case 'kretprobe':
      return { kind: 'kprobe', function: target, offset, return: mechanism === 'kretprobe' };
    case 'uprobe':
    case 'uretprobe':
      return {
        kind: 'uprobe',
        path: target,
        offset,
        return: mechanism === 'uretprobe',
        pid: -1,
        ...(program.semaphore === undefined ? {} : { semaphore: program.semaphore }),
      };
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
