/** What of a pipeline one sink takes: probes and maps by name, and of each probe's fields. */
import type { FieldManifest, ProbeManifest, SinkManifest } from '../compile/manifest.js';

export class Selection {
  readonly #from: ReadonlySet<string>;
  readonly #fields: readonly string[] | undefined;
  /** Equal for selections that take the same. */
  readonly key: string;

  /** An empty `from` takes everything. */
  constructor({ from, fields }: Pick<SinkManifest, 'from' | 'fields'>) {
    this.#from = new Set(from);
    this.#fields = fields;
    this.key = JSON.stringify([[...this.#from].sort(), fields ?? null]);
  }

  /** Whether the probe or map of that name is taken. */
  takes(name: string): boolean {
    return this.#from.size === 0 || this.#from.has(name);
  }

  /** What a selection of other names, but of the same fields, is made with. */
  get onlyFields(): Pick<SinkManifest, 'fields'> {
    return this.#fields === undefined ? {} : { fields: this.#fields };
  }

  /** In the sink's order where it names fields; those that the probe does not have are left out. */
  fieldsOf(probe: ProbeManifest): readonly FieldManifest[] {
    const fields = probe.event?.fields ?? [];
    if (this.#fields === undefined) return fields;
    const named: FieldManifest[] = [];
    for (const name of this.#fields) {
      const field = fields.find((each) => each.name === name);
      if (field !== undefined) named.push(field);
    }
    return named;
  }
}

export const everything = new Selection({ from: [] });
