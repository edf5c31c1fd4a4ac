/** Attaches what was chosen, in the manifest's order. If one attachment fails, those already made are undone. */
import type { ProgramManifest } from '../compile/manifest.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import type { LoadedPipeline } from './load-pipeline.js';
import { type AttachTarget, isNativeError, type NativeLink, type NativeObject } from './native-addon.js';
import { attachFailure } from './native-failure.js';
import { scopePrograms } from './scope.js';

export interface Attached {
  readonly links: readonly NativeLink[];
  readonly diagnostics: readonly Diagnostic[];
}

export function attachPipeline({ object, choices, scope }: LoadedPipeline, source?: Source): Attached {
  const links: NativeLink[] = [];
  if (scope?.followChildren === true) {
    const followed = followChildren(object);
    if ('diagnostic' in followed) return { links: [], diagnostics: [followed.diagnostic] };
    links.push(...followed.links);
  }
  for (const { chosen } of choices) {
    for (const program of chosen.programs) {
      try {
        links.push(object.attach(program.program, targetOf(program)));
      } catch (error) {
        for (const link of links) link.detach();
        if (!isNativeError(error)) throw error;
        const span = source === undefined ? undefined : { source, ...chosen.place };
        return { links: [], diagnostics: [attachFailure(chosen.label, error, span)] };
      }
    }
  }
  return { links, diagnostics: [] };
}

function targetOf(program: ProgramManifest): AttachTarget {
  const { mechanism, target, offset } = program;
  switch (mechanism) {
    case 'tp_btf':
    case 'raw_tracepoint':
    case 'fentry':
    case 'fexit':
      return { kind: 'section' };
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
  }
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
