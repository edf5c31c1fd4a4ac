/**
 * For every group of alternatives the first that this kernel supports, found by asking it: each mechanism is tried for real on the hook's own target, and undone. The last alternative is not
 * asked about when it is the only one: its attachment will tell, but for LSM hooks. Programs that params rule out are left out.
 */
import type {
  AttachAlternative,
  AttachGroup,
  Manifest,
  ParamManifest,
  ProbeManifest,
  ProgramManifest,
} from '../compile/manifest.js';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.js';
import type { Source } from '../diagnostics/source.js';
import type { NativeAddon, NativeErrorInfo, ProbeRequest } from './native-addon.js';
import { otherWay, reasonOf } from './native-failure.js';
import { holds } from './param-condition.js';

export interface Choice {
  readonly probe: string;
  readonly group: AttachGroup;
  readonly chosen: AttachAlternative;
  /** The alternatives before it and why they were passed over. */
  readonly passedOver: readonly { readonly label: string; readonly reason: string }[];
}

export interface Choices {
  readonly choices: readonly Choice[];
  readonly diagnostics: readonly Diagnostic[];
}

export function chooseAlternatives(manifest: Manifest, addon: NativeAddon, source: Source | undefined): Choices {
  const asked = new Map<string, NativeErrorInfo | undefined>();
  const ask = (program: ProgramManifest): NativeErrorInfo | undefined => {
    const request = requestFor(program);
    if (request === undefined) return undefined;
    const key = Object.values(request).join(' ');
    if (!asked.has(key)) asked.set(key, addon.probeAttach(request));
    return asked.get(key);
  };
  const choices: Choice[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const probe of manifest.probes) {
    for (const group of groupsLeft(probe, manifest.params)) {
      const passedOver: { label: string; reason: string; place: AttachAlternative['place'] }[] = [];
      const chosen = group.alternatives.find((alternative) => {
        if (group.alternatives.length === 1 && !mayStaySilent(alternative)) return true;
        const refused = refusalOf(alternative, ask);
        if (refused === undefined) return true;
        passedOver.push({ label: alternative.label, reason: reasonOf(refused), place: alternative.place });
        return false;
      });
      if (chosen !== undefined) {
        const programs = programsLeft(chosen, manifest.params);
        if (programs.length > 0)
          choices.push({ probe: probe.name, group, chosen: { ...chosen, programs }, passedOver });
      } else {
        const first = passedOver[0];
        const span = first === undefined || source === undefined ? undefined : { source, ...first.place };
        diagnostics.push(
          diagnostic(
            'hook-unsupported',
            `this kernel supports none of the ways to attach probe "${probe.name}"`,
            span,
            {
              hints: [
                ...passedOver.map(({ label, reason }) => `${label}: ${reason}`),
                ...(group.alternatives.every(isOfFunction) ? [otherWay] : []),
              ],
            },
          ),
        );
      }
    }
  }
  if (diagnostics.length === 0 && choices.length === 0)
    diagnostics.push(
      diagnostic('param-value', 'with these params no probe would see anything', undefined, {
        hints: ['the "where" of each is false, whatever happens: set a param by --set NAME=VALUE'],
      }),
    );
  return { choices, diagnostics };
}

/** Those of which params do not rule out every program; none where without the others the probe is never hit. */
function groupsLeft({ groups }: ProbeManifest, params: readonly ParamManifest[]): readonly AttachGroup[] {
  const left = groups.filter(({ alternatives }) => alternatives.some((each) => programsLeft(each, params).length > 0));
  return groups.every(({ role }) => left.some((each) => each.role === role)) ? left : [];
}

function programsLeft({ programs }: AttachAlternative, params: readonly ParamManifest[]): readonly ProgramManifest[] {
  return programs.filter(({ needs }) => needs === undefined || holds(needs, params));
}

/** The probes that params let see anything. */
export function probesLeft({ probes, params }: Manifest): readonly ProbeManifest[] {
  return probes.filter((probe) => groupsLeft(probe, params).length > 0);
}

const functionMechanisms: ReadonlySet<string> = new Set(['fentry', 'fexit', 'kprobe', 'kretprobe']);
const isOfFunction = ({ programs }: AttachAlternative): boolean =>
  programs.every((each) => functionMechanisms.has(each.mechanism));

/** How many of a pattern's matches are asked about: single ones may be refused where the mechanism works. */
const askedOfPattern = 3;

function refusalOf(
  { programs, matches }: AttachAlternative,
  ask: (program: ProgramManifest) => NativeErrorInfo | undefined,
): NativeErrorInfo | undefined {
  if (matches === undefined) return programs.map(ask).find((answer) => answer !== undefined);
  for (const mechanism of new Set(programs.map((each) => each.mechanism))) {
    const some = programs
      .filter((each) => each.mechanism === mechanism)
      .flatMap(eachTarget)
      .slice(0, askedOfPattern);
    let refusal: NativeErrorInfo | undefined;
    for (const program of some) {
      refusal = ask(program);
      if (refusal === undefined) break;
    }
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

const eachTarget = (program: ProgramManifest): ProgramManifest[] =>
  (program.targets ?? [program]).map(({ target, offset }) => ({ ...program, target, offset }));

/** The kernel attaches LSM programs where it will never call them, so that only asking tells. */
function mayStaySilent({ programs }: AttachAlternative): boolean {
  return programs.some((each) => each.mechanism === 'lsm');
}

function requestFor({ mechanism, target, offset, perf }: ProgramManifest): ProbeRequest | undefined {
  switch (mechanism) {
    case 'fentry':
    case 'fexit':
      return { kind: mechanism, function: target };
    case 'tp_btf':
    case 'raw_tracepoint':
      return { kind: mechanism, name: target };
    case 'lsm':
      return { kind: mechanism, hook: target };
    case 'iter':
      return { kind: mechanism, objects: target };
    case 'kprobe':
    case 'kretprobe':
      return { kind: mechanism, function: target, offset };
    case 'uprobe':
    case 'uretprobe':
      return { kind: mechanism, path: target, offset };
    case 'perf':
      return perf && { kind: 'perf', name: target, type: perf.type, config: BigInt(perf.config) };
    case 'message':
    case 'tracepoint':
    case 'interval':
    case 'profile':
      return undefined;
  }
}
