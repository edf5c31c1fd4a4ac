/** `uprobe: uretprobe: ucall:`: a function of a program or library, by its symbol or its place in the file. */
import { layeredTypes } from '../language/layered-types.js';
import { goCallKey, goEntry, goReturns } from './go-function.js';
import {
  type Attachment,
  type HookKind,
  type HookSpec,
  noArgs,
  noRetval,
  type ProgramPoint,
  type ResolveContext,
} from './hook.js';
import { parseSignature } from './signature.js';
import { type UserFunction, userFunction } from './user-arguments.js';
import { functionCandidates, isOneFunction, listedFunctions } from './user-candidates.js';
import { readUserTarget, type UserTarget } from './user-target.js';

interface Probed {
  readonly target: UserTarget;
  readonly function: UserFunction;
  readonly arch: ResolveContext['kernel']['arch'];
}

function readProbed(hook: HookSpec, context: ResolveContext): Probed | undefined {
  const { kernel, signature, structs, sink } = context;
  const target = readUserTarget(hook, context);
  if (target === undefined) return undefined;
  const { arch } = kernel;
  if (signature === undefined) return { target, function: userFunction(target, undefined, arch, structs), arch };
  // The function's own unit is looked at first for the types that the signature names.
  const { types } = userFunction(target, undefined, arch, structs);
  const declared = parseSignature(signature, layeredTypes(types, kernel), sink);
  return declared && { target, function: userFunction(target, declared, arch, structs), arch };
}

function placeIn(target: UserTarget): Pick<ProgramPoint, 'target' | 'offset' | 'symbol'> {
  return { target: target.binary.path, offset: target.offset, symbol: target.written.symbol };
}

function entryPoint({ target, function: probed }: Probed, offset: number): ProgramPoint {
  const { binary, symbol } = target.written;
  const args: ProgramPoint['args'] = target.inside
    ? noArgs(
        'inside a function its arguments may have been overwritten',
        `write uprobe:${binary}:${symbol.replace(/\+[^+]*$/, '')} for its entry`,
      )
    : { value: probed.args };
  return {
    ...placeIn(target),
    mechanism: 'uprobe',
    section: 'uprobe',
    offset,
    binary: probed.types,
    args,
    retval: noRetval(
      'a function has no return value yet at its entry',
      `write ucall:${binary}:${symbol} to have args and retval together`,
    ),
  };
}

function returnPoint({ target, function: probed }: Probed, returns?: readonly number[]): ProgramPoint {
  const { binary, symbol } = target.written;
  const [first, ...others] = returns ?? [];
  const mechanism = first === undefined ? 'uretprobe' : 'uprobe';
  return {
    ...placeIn(target),
    mechanism,
    section: mechanism,
    ...(first === undefined ? {} : { offset: first }),
    ...(others.length === 0 ? {} : { moreOffsets: others }),
    binary: probed.types,
    args: noArgs(
      'at the return of a function its arguments are gone',
      `write ucall:${binary}:${symbol} to have args and retval together`,
    ),
    get retval() {
      return probed.retval;
    },
  };
}

type UserHook = 'uprobe' | 'uretprobe' | 'ucall';

/** What is attached, and where; for Go without any uretprobe. */
function attachment(
  kind: UserHook,
  probed: Probed,
  hook: HookSpec,
  sink: ResolveContext['sink'],
): Attachment | undefined {
  const { target, arch } = probed;
  const label = `${kind}:${hook.target.text.trim()}`;
  const entry = entryPoint(probed, target.offset);
  if (target.binary.go === undefined) {
    if (kind === 'uprobe') return { label, main: entry };
    const main = returnPoint(probed);
    return kind === 'uretprobe' ? { label, main } : { label, main, entry };
  }
  const refuse = (why: string): undefined => {
    sink.add(
      'hook-unsupported',
      `${kind} cannot attach to "${target.written.symbol}" of a Go program: ${why}`,
      hook.span,
      {
        hints: [`write uprobe:${target.written.binary}:${target.written.symbol}, which catches its entry alone`],
      },
    );
  };
  if (target.symbol === undefined) {
    return kind === 'uprobe' ? { label, main: entry } : refuse('a place that is written as a number is no function');
  }
  // Without the addon the place is the function's beginning, where a call whose stack has to grow is seen twice.
  const behindCheck = target.inside ? target.offset : goEntry(target.binary, target.symbol, arch);
  const goPoint = entryPoint(probed, typeof behindCheck === 'string' ? target.offset : behindCheck);
  if (kind === 'uprobe') return { label, main: goPoint };
  const returns = goReturns(target.binary, target.symbol, arch);
  if (typeof returns === 'string') return refuse(returns);
  const main = returnPoint(probed, returns);
  return kind === 'uretprobe' ? { label, main } : { label, main, entry: goPoint, callKey: goCallKey(arch) };
}

function kind(name: UserHook, description: string): HookKind {
  return {
    kind: name,
    target: 'BINARY:SYMBOL or BINARY:+OFFSET',
    description,
    candidates: functionCandidates,
    listed: listedFunctions,
    inBinaries: true,
    isLiteral: isOneFunction,
    resolve(hook, context) {
      const probed = readProbed(hook, context);
      const found = probed && attachment(name, probed, hook, context.sink);
      return found && [[found]];
    },
  };
}

export const userFunctionHooks: readonly HookKind[] = [
  kind('uprobe', 'the entry of a function of a program or library, or a place inside it'),
  kind('uretprobe', 'the return of a function of a program or library'),
  kind('ucall', 'a call of a function of a program or library, seen whole'),
];
