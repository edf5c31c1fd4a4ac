/** What the language has by its design but not in this release: refused like any other key, with a word of comfort. */
export const unreleasedKeys: ReadonlySet<string> = new Set(['tests']);

export const notInThisRelease = (name: string): string => `"${name}" is not in this release`;

/** Options that had another name once, by their place: what they are called now. */
export const renamedKeys: ReadonlyMap<string, string> = new Map([
  ['sinks.*.http.gzip', '"compression: gzip" or "compression: none"'],
  ['sinks.*.http.format', '"encoding"'],
  ['sinks.*.http.queue', '"buffer: { max: … }"'],
]);
