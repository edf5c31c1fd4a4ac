/**
 * A bundle → programs and maps in the kernel, not yet attached. Either all of it loads or nothing is left behind. Refused: what this kernel cannot attach, what its verifier does not accept, each at
 * its place in the YAML.
 */
import type { Bundle } from '../compile/manifest.js';
import { type Diagnostic, diagnostic, hasErrors, type StageResult } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import { captureProgramsFor, findWantedCgroups, tellCapture, tlsPrograms } from './capture.js';
import type { Cgroup } from './cgroups.js';
import { type Choice, chooseAlternatives } from './choose-alternatives.js';
import { fillMaps } from './fill-maps.js';
import { type MultiKind, programsOfOneLink } from './multi-links.js';
import { isNativeError, type NativeAddon, type NativeError, type NativeObject } from './native-addon.js';
import { otherWay, reasonOf } from './native-failure.js';
import { nameOwnProcess } from './own-process.js';
import { paramBytes } from './param-bytes.js';
import { fillScope, limitObject, type RunScope } from './scope.js';
import { readVerifierLog, verifierDiagnostic } from './verifier-message.js';

export interface LoadedPipeline {
  readonly bundle: Bundle;
  readonly object: NativeObject;
  readonly choices: readonly Choice[];
  readonly scope?: RunScope;
  /** Programs that capture what sockets move; none without a probe of a protocol. */
  readonly capture: readonly string[];
  /** Programs that take all of their targets by one link. */
  readonly multi: ReadonlySet<string>;
  /** Programs of single matches of a pattern that the kernel refused to load for their target. */
  readonly unfit: ReadonlyMap<string, NativeError>;
}

/** `scope` is for bundles that were compiled for it (`manifest.scoped`). */
export function loadPipeline(
  bundle: Bundle,
  addon: NativeAddon,
  source?: Source,
  scope?: RunScope,
): StageResult<LoadedPipeline> {
  const { manifest } = bundle;
  const { choices, diagnostics } = chooseAlternatives(manifest, addon, source);
  if (hasErrors(diagnostics)) return { diagnostics };
  const cgroups = findWantedCgroups(manifest);
  if (cgroups.output === undefined) return { diagnostics: [...diagnostics, ...cgroups.diagnostics] };
  const capture = manifest.capture === undefined ? [] : captureProgramsFor(manifest, addon);
  const multi = programsOfOneLink(choices, addon);
  const unfit = new Map<string, NativeError>();
  for (;;) {
    const loaded = tryLoad(bundle, addon, { choices, capture, multi, unfit, scope, cgroups: cgroups.output });
    if (!('refused' in loaded)) return { output: loaded, diagnostics };
    const program = /^load the program "([^"]+)"$/.exec(loaded.refused.attempted)?.[1];
    if (program === undefined || unfit.size >= mostUnfit || !isOneOfMany(program, choices))
      return { diagnostics: [...diagnostics, loadFailure(loaded.refused, choices, source)] };
    unfit.set(program, loaded.refused);
  }
}

/** Each costs another load of all the others. */
const mostUnfit = 16;

/** Whether others do the same for other matches of a pattern, so that it can be left out. What the verifier refuses it would refuse in all. */
function isOneOfMany(program: string, choices: readonly Choice[]): boolean {
  return choices.some(
    ({ chosen }) =>
      chosen.matches !== undefined &&
      chosen.programs.length > 1 &&
      chosen.programs.some((each) => each.program === program && each.targets === undefined),
  );
}

function tryLoad(
  bundle: Bundle,
  addon: NativeAddon,
  {
    choices,
    capture,
    multi,
    unfit,
    scope,
    cgroups,
  }: Pick<LoadedPipeline, 'choices' | 'capture' | 'unfit'> & {
    readonly multi: ReadonlyMap<string, MultiKind>;
    readonly scope: RunScope | undefined;
    readonly cgroups: readonly Cgroup[];
  },
): LoadedPipeline | { readonly refused: NativeError } {
  const { manifest } = bundle;
  let object: NativeObject | undefined;
  try {
    object = addon.openObject(bundle.object, manifest.name);
    const wanted = new Set(choices.flatMap(({ chosen }) => chosen.programs.map((each) => each.program)));
    if (manifest.capture !== undefined) for (const program of [...capture, ...tlsPrograms]) wanted.add(program);
    for (const { name } of object.programs()) object.setAutoload(name, wanted.has(name) && !unfit.has(name));
    for (const param of manifest.params) object.setInitialValue('.rodata.params', param.offset, paramBytes(param));
    for (const [program, kind] of multi) object.setMulti(program, kind);
    if (manifest.scoped) limitObject(object, scope);
    if (manifest.self === true) nameOwnProcess(object);
    if (manifest.capture !== undefined) tellCapture(object, manifest, cgroups);
    object.load();
    fillMaps(manifest, object, addon);
    if (manifest.scoped && scope !== undefined) fillScope(object, scope);
    return {
      bundle,
      object,
      choices,
      capture,
      multi: new Set(multi.keys()),
      unfit,
      ...(scope === undefined ? {} : { scope }),
    };
  } catch (error) {
    object?.close();
    if (!isNativeError(error)) throw error;
    return { refused: error };
  }
}

function loadFailure(error: NativeError, choices: readonly Choice[], source: Source | undefined): Diagnostic {
  const name = source?.name.split('/').pop() ?? '';
  const complaint = readVerifierLog(error.log, name.replace(/[^A-Za-z0-9._-]/g, '_'));
  const program = /prog '([^']+)'/.exec(error.log)?.[1] ?? 'a program';
  if (complaint !== undefined) return verifierDiagnostic(complaint, error.log, program, source);
  const denied = error.errno === 'EPERM' || error.errno === 'EACCES';
  const hook = choices.find(({ chosen }) => chosen.programs.some((each) => each.program === program))?.chosen;
  const trampoline = hook?.programs.some((each) => each.program === program && /^f(entry|exit)$/.test(each.mechanism));
  if (denied && hook !== undefined && trampoline === true) {
    const span = source && { source, ...hook.place };
    return diagnostic('hook-unsupported', `cannot load the program of ${hook.label}: ${reasonOf(error)}`, span, {
      hints: ['in kernel lockdown, as under Secure Boot, fentry and fexit are refused to root, too', otherWay],
      detail: error.log,
    });
  }
  return diagnostic(denied ? 'privilege' : 'load-failed', `cannot ${error.attempted}: ${reasonOf(error)}`, undefined, {
    hints: denied
      ? ['loading needs CAP_BPF and CAP_PERFMON, or root; in kernel lockdown (confidentiality) it is refused to all']
      : [],
    detail: error.log,
  });
}
