/** The types of a binary before those of the kernel: what names stand for where a user writes them for a function of a program. */
import type { TypeSource } from './type-source.js';

/** Opened when it is first asked; `undefined` for a binary without debug information. */
export type BinaryTypes = () => TypeSource | undefined;

export function layeredTypes(binary: BinaryTypes, kernel: TypeSource): TypeSource {
  return {
    get label() {
      return binary()?.label ?? kernel.label;
    },
    struct: (name) => binary()?.struct(name) ?? kernel.struct(name),
    union: (name) => binary()?.union(name) ?? kernel.union(name),
    enumeration: (name) => binary()?.enumeration(name) ?? kernel.enumeration(name),
    named: (name) => binary()?.named(name) ?? kernel.named(name),
    func: (name) => kernel.func(name),
    enumerator: (name) => binary()?.enumerator(name) ?? kernel.enumerator(name),
    *names(kind) {
      yield* binary()?.names(kind) ?? [];
      yield* kernel.names(kind);
    },
  };
}
