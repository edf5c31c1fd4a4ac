/** Patterns of functions of programs, and their lists: `libc:mem*`, `/usr/bin/tool:shapes::*`. */
import { openBinary } from '../kernel/binary.js';
import { demangledNames, readableNames } from '../kernel/demangled-names.js';
import { findBinary } from '../kernel/libraries.js';
import { hasWildcard, isPattern, matcher } from './glob.js';
import type { Candidates, HookSpec, ResolveContext } from './hook.js';
import { nearSymbols } from './user-target.js';

/**
 * Whether what looks like a pattern is the name of a function: compilers write `main::{{closure}}` and `f()::{lambda(int)#1}`, C++ has pointers among its parameters
 * (`area(Circle*, char const*)`), and Go among its receivers (`main.(*Server).Serve`).
 */
export function isOneFunction(text: string): boolean {
  if (/\{(\{|lambda|unnamed|vtable|impl|shim|closure)/.test(text)) return true;
  const open = text.indexOf('(');
  if (open < 0) return false;
  const parameters = text
    .slice(open)
    .replace(/\(\*(?=\w+\))/g, '(')
    .replace(/(?<=[\w>)\]]\s*)\*+(?=\s*(?:[,)&]|const\b))/g, '');
  return !isPattern(text.slice(0, open) + parameters);
}

/** `libc:malloc` for each function that the pattern matches, by its symbol or, where the pattern has `::`, by the name that its author wrote. */
export function functionCandidates(hook: HookSpec, { host, sink }: ResolveContext): Candidates | undefined {
  const text = hook.target.text.trim();
  const colon = text.indexOf(':');
  const written = text.slice(0, Math.max(colon, 0));
  if (written === '' || hasWildcard(written)) {
    sink.add('hook-target', `"${text}" names no binary: a pattern stands for its functions`, hook.target.span, {
      hints: [`write ${hook.kind.value}:libc:mem*`],
    });
    return undefined;
  }
  const found = findBinary(host, written);
  const binary = 'missing' in found ? found.missing : openBinary(host, found.path);
  if (typeof binary === 'string') {
    sink.add('hook-not-found', binary, hook.target.span);
    return undefined;
  }
  const { symbols, reader } = binary;
  const pattern = text.slice(colon + 1);
  const matches = matcher(pattern);
  const functions = [...symbols.all()];
  const authors = pattern.includes('::')
    ? demangledNames(
        functions.map(({ name }) => name),
        typeof reader === 'string' ? undefined : reader,
      )
    : [];
  const fit = new Set<string>();
  const unfit: string[] = [];
  // Several names may be of one function, which is still caught once.
  const places = new Set<number>();
  for (const [index, { name, fileOffset, indirect }] of functions.entries()) {
    if (!matches(name) && !matches(authors[index] ?? '')) continue;
    if (indirect) unfit.push(`${written}:${name}`);
    else if (!places.has(fileOffset)) fit.add(`${written}:${name}`);
    places.add(fileOffset);
  }
  return {
    names: [...fit].sort(),
    unfit,
    unfitReason: 'it is chosen when the program starts (an indirect function)',
    matched: true,
    ...(fit.size === 0 ? { hints: nearSymbols(pattern, binary) } : {}),
  };
}

/** The same for `list`: names as their authors wrote them, where they mean one function and can be pasted as they are. */
export function listedFunctions(hook: HookSpec, context: ResolveContext): Candidates | undefined {
  const found = functionCandidates(hook, context);
  const written = hook.target.text.trim().split(':', 1)[0] ?? '';
  const file = findBinary(context.host, written);
  const binary = 'missing' in file ? file.missing : openBinary(context.host, file.path);
  if (found === undefined || typeof binary === 'string' || typeof binary.reader === 'string') return found;
  const symbols = [...found.names].map((name) => name.slice(written.length + 1));
  const names = readableNames(symbols, binary.symbols, binary.reader).map((name, index) => {
    const pasted = !isPattern(name) || isOneFunction(name) ? name : symbols[index];
    return `${written}:${pasted}`;
  });
  return { ...found, names: names.sort() };
}
