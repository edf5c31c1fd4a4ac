/** One hook as the user writes it, resolved against the rich kernel. */
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.js';
import type { ProgramPoint, Way } from '../../src/hooks/hook.js';
import { findHookKind } from '../../src/hooks/registry.js';
import { resolveHook } from '../../src/hooks/resolve-hook.js';
import type { Host } from '../../src/host.js';
import type { Kernel } from '../../src/kernel/kernel.js';
import { describeType } from '../../src/language/expression/describe.js';
import type { LocatedText } from '../../src/language/spec.js';
import { located, type Told, told } from './located-text.js';
import { richKernel } from './rich-kernel.js';

const rich = richKernel();

/** The part of a text from `index` on, in its place. */
function rest(text: LocatedText, index: number): LocatedText {
  const offsetAt = (at: number): number => text.offsetAt(index + at);
  return { text: text.text.slice(index), span: { ...text.span, start: offsetAt(0) }, offsetAt };
}

export interface Resolved {
  readonly ways: readonly Way[] | undefined;
  readonly problems: readonly (Told & { readonly severity: string })[];
}

export function resolve(
  text: string,
  options: {
    readonly kernel?: Kernel;
    readonly host?: Host;
    readonly signature?: string;
    readonly maxMatches?: number;
  } = {},
): Resolved {
  const sink = new DiagnosticSink();
  const whole = located(text);
  const colon = text.indexOf(':');
  const hook = {
    kind: { value: text.slice(0, colon), span: { ...whole.span, end: whole.offsetAt(colon) } },
    target: rest(whole, colon + 1),
    span: whole.span,
  };
  const kind = findHookKind(hook.kind, sink);
  const context = {
    kernel: options.kernel ?? rich.kernel,
    host: options.host ?? rich.host,
    sink,
    ...(options.signature === undefined ? {} : { signature: located(options.signature, 'signature') }),
  };
  const ways = kind && resolveHook(hook, kind, context, options.maxMatches)?.map(({ attachments }) => attachments);
  return { ways, problems: sink.diagnostics.map((each) => ({ ...told(each), severity: each.severity })) };
}

/** A point in few words: its section, target and what it is given. */
export function pointText(point: ProgramPoint): string {
  const { span } = located('x');
  const { args, retval } = point;
  const given =
    'missing' in args
      ? 'no args'
      : args.value
          .names()
          .map((name) => {
            const value = args.value.get(name)?.(span);
            return `${name}: ${value === undefined ? '?' : describeType(value.type)}`;
          })
          .join(', ');
  const returns = 'missing' in retval ? '' : ` -> ${describeType(retval.value(span).type)}`;
  return `${point.section} ${point.target}${point.offset === 0 ? '' : `+${point.offset}`} (${given})${returns}`;
}

/** Each way as its attachments, each with its label and its programs. */
export function waysText({ ways }: Resolved): string[][] | undefined {
  return ways?.map((way) =>
    way.map(({ label, main, entry }) =>
      [label, pointText(main), ...(entry === undefined ? [] : [pointText(entry)])].join(' | '),
    ),
  );
}
