/** `BINARY:SYMBOL`, `BINARY:SYMBOL+OFFSET`, `BINARY:+OFFSET`: where a probe of a program or library goes. The binary ends at the first colon, since names of C++ and Rust have colons and paths hardly do. */
import { didYouMean, didYouMeanOneOf } from '../diagnostics/suggest.js';
import { type Binary, openBinary } from '../kernel/binary.js';
import { demangledNames, findDemangled } from '../kernel/demangled-names.js';
import type { FunctionSymbol, FunctionSymbols } from '../kernel/elf-symbols.js';
import { findBinary } from '../kernel/libraries.js';
import type { HookSpec, ResolveContext } from './hook.js';

export interface UserTarget {
  readonly binary: Binary;
  /** As the user wrote them, for labels and hints. */
  readonly written: { readonly binary: string; readonly symbol: string };
  /** Missing for a place that was written as a number. */
  readonly symbol: FunctionSymbol | undefined;
  /** In the file. */
  readonly offset: number;
  /** Behind a function's beginning: what it was called with may be gone. */
  readonly inside: boolean;
}

const number = '0x[0-9a-fA-F]+|[0-9]+';

export function readUserTarget(hook: HookSpec, context: ResolveContext): UserTarget | undefined {
  const { host, sink } = context;
  const text = hook.target.text.trim();
  const colon = text.indexOf(':');
  const written = { binary: text.slice(0, Math.max(colon, 0)), symbol: text.slice(colon + 1) };
  if (colon <= 0 || written.symbol === '') {
    sink.add('hook-target', `"${text}" is not BINARY:SYMBOL`, hook.target.span, {
      hints: [`write ${hook.kind.value}:libc:malloc or ${hook.kind.value}:/usr/bin/bash:readline`],
    });
    return undefined;
  }
  const found = findBinary(host, written.binary);
  if ('missing' in found) {
    sink.add('hook-not-found', found.missing, hook.target.span, {
      hints: didYouMeanOneOf(found.near),
    });
    return undefined;
  }
  const binary = openBinary(host, found.path);
  if (typeof binary === 'string') {
    sink.add('hook-not-found', `"${found.path}" cannot be probed: ${binary}`, hook.target.span);
    return undefined;
  }
  const place = placeOf(written.symbol, binary, hook, context);
  return place && { binary, written, ...place };
}

function placeOf(
  text: string,
  binary: Binary,
  hook: HookSpec,
  { sink }: ResolveContext,
): Pick<UserTarget, 'symbol' | 'offset' | 'inside'> | undefined {
  const { path } = binary;
  const noCode = (from: string): undefined => {
    sink.add('hook-not-found', `"${path}" has no code at ${text}`, hook.target.span, {
      hints: [`the offset counts from the beginning of the ${from}`],
    });
  };
  const numeric = new RegExp(`^\\+(${number})$`).exec(text)?.[1];
  if (numeric !== undefined) {
    const offset = Number(numeric);
    return hasCode(binary, offset) ? { symbol: undefined, offset, inside: false } : noCode('file');
  }
  const written = new RegExp(`^(.+?)(?:\\+(${number}))?$`).exec(text);
  const name = written?.[1] ?? text;
  const found = findFunction(name, binary, hook, sink);
  if (found === undefined) return undefined;
  if (found.indirect) {
    const message = `"${name}" is chosen when the program starts (an indirect function), so its own symbol is only the chooser`;
    sink.add('hook-not-found', message, hook.target.span, { hints: variantsOf(name, binary.symbols) });
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
  return hasCode(binary, offset) ? { symbol: found, offset, inside: behind > 0 } : noCode('function');
}

/** By its symbol, or by the name that its author wrote. */
function findFunction(
  name: string,
  binary: Binary,
  hook: HookSpec,
  sink: ResolveContext['sink'],
): FunctionSymbol | undefined {
  const { path, symbols, reader } = binary;
  const symbol = symbols.find(name);
  if (symbol !== undefined) return symbol;
  const demangled = typeof reader === 'string' ? [] : findDemangled(name, symbols, reader);
  const [only, another] = demangled;
  if (another !== undefined) {
    sink.add('hook-target', `"${name}" is ${demangled.length} functions`, hook.target.span, {
      hints: [
        ...demangled.slice(0, 8).map((each) => `write ${each.symbol.name} for ${each.name}`),
        ...(demangled.length > 8 ? [`and ${demangled.length - 8} more`] : []),
      ],
    });
    return undefined;
  }
  if (only !== undefined) return only.symbol;
  sink.add('hook-not-found', `"${path}" has no function "${name}"`, hook.target.span, {
    hints: nearSymbols(name, binary),
  });
  return undefined;
}

function hasCode({ elf }: Binary, offset: number): boolean {
  return elf.segments.some(
    (each) => each.executable && offset >= each.fileOffset && offset < each.fileOffset + each.fileSize,
  );
}

/** Names that are near, or else those that have the name in them. */
export function nearSymbols(name: string, { symbols, reader }: Binary): string[] {
  const names = [...symbols.names()];
  const readable = [...new Set(demangledNames(names, typeof reader === 'string' ? undefined : reader))];
  const hints = didYouMean(name, readable);
  return hints.length > 0 ? hints : containing(name, readable);
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
