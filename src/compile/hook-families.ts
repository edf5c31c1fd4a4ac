/**
 * Which hooks one program can serve. In: what an alternative attaches to. Out: families: of a pattern's matches those whose arguments, as far as the probe uses them, have the same types and stand in the
 * same places. So 350 system calls of which only `comm` is kept are one program, and `open` and `openat`, which have their file name in different places, are two.
 */
import type { Span } from '../diagnostics/source.js';
import { type Attachment, type HookSpec, oneProgramEach, type ProgramPoint } from '../hooks/hook.js';
import { describeType } from '../language/expression/describe.js';
import type { ArgumentList } from '../language/expression/scope.js';
import type { BuiltinName, Typed } from '../language/expression/typed.js';
import type { HookNames } from './hook-names.js';
import { nodeKey } from './node-key.js';
import type { ResolvedAttachment } from './resolve-alternatives.js';
import type { TypedProgram } from './typed-pipeline.js';

export interface HookFamily {
  /** Any of its members: for all that a program uses they are alike. */
  readonly attachment: Attachment;
  readonly hook: HookSpec;
  readonly members: readonly Attachment[];
}

/** `use` checks the probe's body for one hook, silently, so that what it asks for is seen. */
export function familiesOf(
  attachments: readonly ResolvedAttachment[],
  use: (recorded: ResolvedAttachment) => void,
): readonly HookFamily[] {
  const byHook = new Map<HookSpec, Attachment[]>();
  for (const { attachment, hook } of attachments) byHook.set(hook, [...(byHook.get(hook) ?? []), attachment]);
  return [...byHook].flatMap(([hook, members]): HookFamily[] => {
    const [first] = members;
    if (first === undefined || members.length === 1)
      return members.map((attachment) => ({ attachment, hook, members: [attachment] }));
    const used = new Set<string>();
    use({ attachment: recording(first, used), hook });
    const families = new Map<string, Attachment[]>();
    for (const [index, member] of members.entries()) {
      // A link to many places has no counters of listeners; a function with several returns has places enough of its own.
      const alone = pointsOf(member).some(({ semaphore, moreOffsets }) => (semaphore ?? moreOffsets) !== undefined);
      const key = alone ? String(index) : shapeOf(member, used, hook.span);
      const family = families.get(key);
      if (family === undefined) families.set(key, [member]);
      else family.push(member);
    }
    return [...families.values()].flatMap((family) => {
      const [attachment] = family;
      return attachment === undefined
        ? []
        : [{ attachment: amongAll(attachment, members, hook), hook, members: family }];
    });
  });
}

/** Tells of an argument that some matches have and this one lacks. */
function amongAll(attachment: Attachment, all: readonly Attachment[], hook: HookSpec): Attachment {
  const wrapped = (point: ProgramPoint): ProgramPoint => {
    const { args } = point;
    if ('missing' in args) return point;
    const absent: ArgumentList['absent'] = (name) => {
      const having = all.filter((each) =>
        pointsOf(each).some((one) => 'value' in one.args && one.args.value.get(name) !== undefined),
      );
      if (having.length === 0) return args.value.absent?.(name);
      const labels = having.slice(0, 3).map(({ label }) => label);
      return {
        code: 'member-unknown',
        message: `${args.value.owner} has no argument "${name}", and "${hook.target.text.trim()}" matches it`,
        hints: [
          `${having.length} of ${all.length} have it: ${labels.join(', ')}${having.length > labels.length ? ', …' : ''}`,
          'name those in braces, or leave it out',
        ],
      };
    };
    return { ...point, args: { value: { ...args.value, absent } } };
  };
  const { main, entry } = attachment;
  return { ...attachment, main: wrapped(main), ...(entry === undefined ? {} : { entry: wrapped(entry) }) };
}

/** No argument has this name. */
const returned = '->';

function recording(attachment: Attachment, used: Set<string>): Attachment {
  const { main, entry } = attachment;
  return {
    ...attachment,
    main: recordingPoint(main, used),
    ...(entry === undefined ? {} : { entry: recordingPoint(entry, used) }),
  };
}

function recordingPoint(point: ProgramPoint, used: Set<string>): ProgramPoint {
  const { args, retval } = point;
  return {
    ...point,
    args:
      'missing' in args
        ? args
        : {
            value: {
              ...args.value,
              names: () => args.value.names(),
              get: (name) => {
                used.add(name);
                return args.value.get(name);
              },
            },
          },
    retval:
      'missing' in retval
        ? retval
        : {
            value: (span) => {
              used.add(returned);
              return retval.value(span);
            },
          },
  };
}

const pointsOf = ({ main, entry }: Attachment): readonly ProgramPoint[] =>
  entry === undefined ? [main] : [main, entry];

/** Equal for hooks that a program cannot tell apart. */
function shapeOf(attachment: Attachment, used: ReadonlySet<string>, span: Span): string {
  return JSON.stringify(
    pointsOf(attachment).map((point) => [
      point.mechanism,
      // One link of the kernel's takes many places of one file.
      point.mechanism === 'uprobe' || point.mechanism === 'uretprobe' ? point.target : '',
      ...[...used].map((name) => valueKey(name, point, span)),
    ]),
  );
}

function valueKey(name: string, { args, retval }: ProgramPoint, span: Span): string {
  const typed: Typed | undefined =
    name === returned
      ? 'value' in retval
        ? retval.value(span)
        : undefined
      : 'value' in args
        ? args.value.get(name)?.(span)
        : undefined;
  return typed === undefined ? '' : `${describeType(typed.type)} ${nodeKey(typed)}`;
}

/** What tells the members apart inside their program; `undefined` for one alone. */
export function hookIndexBy({ members, attachment }: HookFamily): BuiltinName | undefined {
  if (members.length < 2) return undefined;
  return oneProgramEach(attachment.main.mechanism) ? 'hook parameter' : 'attach cookie';
}

/** Names of a program and, where each of its targets needs one, of theirs. `side`: the points of the members that the program is for. */
export function programNames(
  { members }: HookFamily,
  hookNames: HookNames,
  side: (member: Attachment) => ProgramPoint,
  suffix: string,
  named: (suffix: string) => string,
): Pick<TypedProgram, 'name' | 'targets'> {
  const spread = members.some((member) => members.length > 1 && oneProgramEach(side(member).mechanism));
  const name = named(spread ? `${suffix}_body` : suffix);
  const targets = members.map((member) => {
    const target = { point: side(member), hook: hookNames.indexOf(member.label) };
    return spread ? { ...target, program: named(suffix) } : target;
  });
  return { name, targets };
}
