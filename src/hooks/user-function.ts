/** `uprobe: uretprobe: ucall:`: a function of a program or library, by its symbol or its place in the file. */
import { didYouMean } from '../diagnostics/suggest.js';
import { type ElfFile, readElf } from '../kernel/elf.js';
import { type FunctionSymbols, functionSymbols } from '../kernel/elf-symbols.js';
import { fileBytes } from '../kernel/file-bytes.js';
import { findBinary } from '../kernel/libraries.js';
import { type FunctionType, u64 } from '../language/types.js';
import { argumentList, contextValue, registerAccesses } from './arguments.js';
import { type HookKind, type HookSpec, noArgs, noRetval, type ProgramPoint, type ResolveContext } from './hook.js';
import { parseSignature } from './signature.js';

/** As many as any architecture has registers for. */
const unknownParameters = Array.from({ length: 8 }, () => ({ name: '', type: u64 }));

interface Target {
  readonly path: string;
  /** As the user wrote it, for labels. */
  readonly binary: string;
  readonly symbol: string;
  /** In the file. */
  readonly offset: number;
  /** Behind a function's beginning: what it was called with may be gone. */
  readonly inside: boolean;
  readonly signature: FunctionType | undefined;
}

function readTarget(hook: HookSpec, { kernel, host, signature, sink }: ResolveContext): Target | undefined {
  const text = hook.target.text.trim();
  const colon = text.lastIndexOf(':');
  const binary = text.slice(0, colon);
  const symbol = text.slice(colon + 1);
  if (colon <= 0 || symbol === '') {
    sink.add('hook-target', `"${text}" is not BINARY:SYMBOL`, hook.target.span, {
      hints: [`write ${hook.kind.value}:libc:malloc or ${hook.kind.value}:/usr/bin/bash:readline`],
    });
    return undefined;
  }
  const found = findBinary(host, binary);
  if ('missing' in found) {
    sink.add('hook-not-found', found.missing, hook.target.span, {
      hints: found.near.length === 0 ? [] : [`did you mean ${found.near.map((each) => `"${each}"`).join(' or ')}?`],
    });
    return undefined;
  }
  const parsed = signature === undefined ? undefined : parseSignature(signature, kernel, sink);
  if (signature !== undefined && parsed === undefined) return undefined;
  const place = placeOf(symbol, found.path, hook, { kernel, host, sink });
  return place && { path: found.path, binary, symbol, ...place, signature: parsed };
}

function placeOf(
  symbol: string,
  path: string,
  hook: HookSpec,
  { host, sink }: ResolveContext,
): Pick<Target, 'offset' | 'inside'> | undefined {
  const elf = readElf(fileBytes(host, path));
  if (typeof elf === 'string') {
    sink.add('hook-not-found', `"${path}" cannot be probed: ${elf}`, hook.target.span);
    return undefined;
  }
  const noCode = (from: string): undefined => {
    sink.add('hook-not-found', `"${path}" has no code at ${symbol}`, hook.target.span, {
      hints: [`the offset counts from the beginning of the ${from}`],
    });
  };
  const numeric = /^\+(0x[0-9a-fA-F]+|[0-9]+)$/.exec(symbol)?.[1];
  if (numeric !== undefined) {
    const offset = Number(numeric);
    return hasCode(elf, offset) ? { offset, inside: false } : noCode('file');
  }
  const written = /^(.+?)(?:\+(0x[0-9a-fA-F]+|[0-9]+))?$/.exec(symbol);
  const name = written?.[1] ?? symbol;
  const symbols = functionSymbols(elf);
  const found = symbols.find(name);
  if (found === undefined) {
    sink.add('hook-not-found', `"${path}" has no function "${name}"`, hook.target.span, {
      hints: nearSymbols(name, symbols),
    });
    return undefined;
  }
  if (found.indirect) {
    sink.add(
      'hook-not-found',
      `"${name}" is chosen when the program starts (an indirect function), so its own symbol is only the chooser`,
      hook.target.span,
      {
        hints: variantsOf(name, symbols),
      },
    );
    return undefined;
  }
  const behind = Number(written?.[2] ?? 0);
  if (behind > 0 && hook.kind.value !== 'uprobe') {
    // A return probe takes what it finds on the stack for the return address, which it is at the beginning only.
    sink.add('hook-target', `only a uprobe can sit inside a function, not a ${hook.kind.value}`, hook.target.span, {
      hints: [`write uprobe:${hook.target.text.trim()}`],
    });
    return undefined;
  }
  const offset = found.fileOffset + behind;
  return hasCode(elf, offset) ? { offset, inside: behind > 0 } : noCode('function');
}

function hasCode(elf: ElfFile, offset: number): boolean {
  return elf.segments.some(
    (each) => each.executable && offset >= each.fileOffset && offset < each.fileOffset + each.fileSize,
  );
}

/** Names that are near, or else those that have the name in them. */
function nearSymbols(name: string, symbols: FunctionSymbols): string[] {
  const names = [...symbols.names()];
  const hints = didYouMean(name, names);
  return hints.length > 0 ? hints : containing(name, names);
}

/** The functions of which the chooser takes one: `__memcpy_avx_unaligned`. */
function variantsOf(name: string, symbols: FunctionSymbols): string[] {
  return containing(`__${name}_`, [...symbols.names()]);
}

function containing(part: string, names: readonly string[]): string[] {
  const found = names.filter((each) => each.toLowerCase().includes(part.toLowerCase()));
  found.sort();
  return found.length === 0 ? [] : [`it has ${found.slice(0, 5).join(', ')}`];
}

function pointOf(
  mechanism: 'uprobe' | 'uretprobe',
  target: Target,
  arch: ResolveContext['kernel']['arch'],
): ProgramPoint {
  const { signature, symbol } = target;
  const place = { mechanism, section: mechanism, target: target.path, offset: target.offset, symbol };
  if (mechanism === 'uretprobe') {
    return {
      ...place,
      args: noArgs(
        'at the return of a function its arguments are gone',
        `write ucall:${target.binary}:${symbol} to have args and retval together`,
      ),
      retval:
        signature?.returns.kind === 'void'
          ? noRetval('the signature says that it returns nothing', 'add "-> int" or another type to it')
          : { value: (span) => contextValue(signature?.returns ?? u64, { via: 'return register' }, span) },
    };
  }
  // Without a signature the arguments are known by position only, as the registers hold them.
  const accesses = registerAccesses(signature?.parameters ?? unknownParameters, arch);
  return {
    ...place,
    args: target.inside
      ? noArgs(
          'inside a function its arguments may have been overwritten',
          `write uprobe:${target.binary}:${symbol.replace(/\+.*$/, '')} for its entry`,
        )
      : { value: argumentList(`${target.binary}:${symbol}`, accesses) },
    retval: noRetval(
      'a function has no return value yet at its entry',
      `write ucall:${target.binary}:${symbol} to have args and retval together`,
    ),
  };
}

function kind(name: 'uprobe' | 'uretprobe' | 'ucall', description: string): HookKind {
  return {
    kind: name,
    target: 'BINARY:SYMBOL or BINARY:+OFFSET',
    description,
    resolve(hook, context) {
      const target = readTarget(hook, context);
      if (target === undefined) return undefined;
      const label = `${name}:${hook.target.text.trim()}`;
      const { arch } = context.kernel;
      if (name !== 'ucall') return [[{ label, main: pointOf(name, target, arch) }]];
      return [[{ label, main: pointOf('uretprobe', target, arch), entry: pointOf('uprobe', target, arch) }]];
    },
  };
}

export const userFunctionHooks: readonly HookKind[] = [
  kind('uprobe', 'the entry of a function of a program or library, or a place inside it'),
  kind('uretprobe', 'the return of a function of a program or library'),
  kind('ucall', 'a call of a function of a program or library, seen whole'),
];
