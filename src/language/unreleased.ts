/** What the language has by its design but not in this release: refused like any other key, with a word of comfort. */
export const unreleasedKeys: ReadonlySet<string> = new Set(['tests', 'sinks.*.*.where']);

export const unreleasedValues: ReadonlySet<string> = new Set(['otlp']);

export const notInThisRelease = (name: string): string => `"${name}" is not in this release`;
