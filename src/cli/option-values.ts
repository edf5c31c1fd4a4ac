/** Values of command-line options. */

const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `10s` → milliseconds; `undefined` for what is no time. */
export function milliseconds(text: string): number | undefined {
  const written = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$/.exec(text);
  const unit = timeUnits[written?.[2] ?? ''];
  return unit === undefined ? undefined : Number(written?.[1]) * unit;
}

/** `NAME=VALUE` of each `--set`. */
export function readSets(texts: readonly string[]): { sets: { name: string; value: string }[] } | { wrong: string } {
  const sets: { name: string; value: string }[] = [];
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at <= 0) return { wrong: `--set takes NAME=VALUE, not "${text}"` };
    sets.push({ name: text.slice(0, at), value: text.slice(at + 1) });
  }
  return { sets };
}
