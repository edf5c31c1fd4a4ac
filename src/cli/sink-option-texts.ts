/** The texts among a sink's options, each with its place in the pipeline, for references in them that nothing stands behind. */
import type { SinkManifest } from '../compile/manifest.js';
import type { Source } from '../diagnostics/source.js';
import type { LocatedText } from '../language/spec.js';

/** By path: `buffer.path`. */
export function sinkOptionTexts(
  { options, optionPlaces }: SinkManifest,
  source: Source,
): ReadonlyMap<string, LocatedText> {
  return new Map(
    Object.entries(optionPlaces).flatMap(([path, { start, end }]): [string, LocatedText][] => {
      const text = path
        .split('.')
        .reduce<unknown>(
          (inner, key) =>
            typeof inner === 'object' && inner !== null
              ? Object.entries(inner).find(([name]) => name === key)?.[1]
              : undefined,
          options,
        );
      // A key that has a dot itself is found by no path: its text has no place then.
      if (typeof text !== 'string') return [];
      // Escapes are few here: a reference's place is told to within them.
      const first = /["']/.test(source.text.charAt(start)) ? start + 1 : start;
      return [[path, { text, span: { source, start, end }, offsetAt: (index) => Math.min(first + index, end) }]];
    }),
  );
}
