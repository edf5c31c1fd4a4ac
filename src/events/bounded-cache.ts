/** What was looked up, for some time, and of at most so many: the oldest goes first. */
export class BoundedCache<Value> {
  private readonly entries = new Map<string, { readonly value: Value; readonly readMs: number }>();

  constructor(
    private readonly most: number,
    private readonly keptMs: number,
  ) {}

  get(key: string, read: () => Value): Value {
    const nowMs = performance.now();
    const known = this.entries.get(key);
    if (known !== undefined && nowMs - known.readMs < this.keptMs) return known.value;
    const value = read();
    this.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.entries.delete(key);
    if (this.entries.size >= this.most) {
      const [oldest] = this.entries.keys();
      if (oldest !== undefined) this.entries.delete(oldest);
    }
    this.entries.set(key, { value, readMs: performance.now() });
  }
}
