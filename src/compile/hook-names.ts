/** What `hook.name` can be in a pipeline: one enum for all probes, so that a map may be keyed by the hooks of several. */
import type { Span } from '../diagnostics/source.js';
import type { BuiltinName, Typed } from '../language/expression/typed.js';
import type { EnumType } from '../language/types.js';

export class HookNames {
  private readonly indices = new Map<string, number>();
  private readonly enumerators: { name: string; value: bigint }[] = [];
  /** Grows as hooks are met; complete once the pipeline is checked. */
  readonly type: EnumType = { kind: 'enum', name: 'hook', bits: 32, signed: false, enumerators: this.enumerators };

  /** The number of a hook, by its label. */
  indexOf(label: string): number {
    let index = this.indices.get(label);
    if (index === undefined) {
      index = this.indices.size;
      this.indices.set(label, index);
      this.enumerators.push({ name: label, value: BigInt(index) });
    }
    return index;
  }

  /** Which hook a program runs for: known now, or where it serves several, found out by it. */
  value(label: string, foundBy: BuiltinName | undefined, span: Span): Typed {
    if (foundBy !== undefined) return { op: 'builtin', name: foundBy, type: this.type, span };
    return { op: 'constant', value: BigInt(this.indexOf(label)), type: this.type, span };
  }
}
