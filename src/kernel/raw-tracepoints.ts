/**
 * Raw tracepoints from BTF. Each has a typedef `btf_trace_<name>` of a function pointer, whose parameters have no names;
 * the names stand with the functions that the kernel's macros make of the same prototype: `__probestub_<name>` (6.4 and
 * newer), `__traceiter_<name>` (5.10 and newer), `__bpf_trace_<name>` (only where the tracepoint's class has its name).
 */
import type { TypeSource } from '../language/type-source.js';
import type { FunctionType, Parameter } from '../language/types.js';

const functionPrefixes = ['__probestub_', '__traceiter_', '__bpf_trace_'];
const typedefPrefix = 'btf_trace_';

/** The arguments without the leading `void *__data`; `arg0`, `arg1`, … where no function gives names. */
export function rawTracepoint(source: TypeSource, name: string): FunctionType | undefined {
  const typedef = source.named(typedefPrefix + name);
  // A class of tracepoints has a __bpf_trace_ function too, and is none.
  if (typedef === undefined && functionPrefixes.slice(0, 2).every((each) => source.func(each + name) === undefined))
    return undefined;
  let best = typedef?.kind === 'pointer' && typedef.target.kind === 'function' ? typedef.target : undefined;
  for (const prefix of functionPrefixes) {
    if (best?.parameters.every((parameter) => parameter.name !== '') === true) break;
    best = source.func(prefix + name) ?? best;
  }
  if (best === undefined) return undefined;
  const parameters = best.parameters.slice(1).map((parameter, at) => {
    return parameter.name === '' ? unnamed(parameter, `arg${at}`) : parameter;
  });
  return { kind: 'function', parameters, returns: best.returns };
}

function unnamed(parameter: Parameter, name: string): Parameter {
  return {
    name,
    get type() {
      return parameter.type;
    },
  };
}

export function rawTracepointNames(source: TypeSource): ReadonlySet<string> {
  const names = new Set<string>();
  for (const name of source.names('typedef')) {
    if (name.startsWith(typedefPrefix)) names.add(name.slice(typedefPrefix.length));
  }
  // Where there are typedefs, a tracepoint without one is for the kernel's own use (DECLARE_TRACE): BPF cannot attach to it.
  if (names.size > 0) return names;
  // __bpf_trace_ functions are named by class, so they do not tell which tracepoints there are.
  for (const name of source.names('func')) {
    const prefix = functionPrefixes.slice(0, 2).find((each) => name.startsWith(each));
    if (prefix !== undefined) names.add(name.slice(prefix.length));
  }
  return names;
}
