// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
/** Files and folders of a pipeline's sinks, against each other: two sinks that write to one place would undo each other's work. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { SinkSpec } from './spec.js';

export function checkSharedPlaces(sinks: readonly SinkSpec[], sink: DiagnosticSink): void {
  checkPlaceholders(sinks, sink);
  tellShared(sinks, 'buffer.disk', sink, () => 'give each a folder of its own');
  tellShared(
    sinks.filter(({ kind }) => kind.value === 'file'),
    'path',
    sink,
    (one, other) => {
      // Lines that are added to one file stay whole, whoever adds them.
      const alone = [one, other].some(({ options }) => options.rotate !== undefined || options.append === false);
      return alone ? 'give each a file of its own: a file that is rotated or begun anew has one sink' : undefined;
    },
  );
}

/** `hint`: what to do about two sinks with the same place; nothing where they may have it. */
function tellShared(
  sinks: readonly SinkSpec[],
  option: string,
  sink: DiagnosticSink,
  hint: (one: SinkSpec, other: SinkSpec) => string | undefined,
): void {
  const seen = new Map<string, SinkSpec>();
  for (const each of sinks) {
    const text = each.optionTexts?.get(option);
    // What a reference stands for is not known yet.
    if (text === undefined || text.text.includes('${')) continue;
    const place = text.text
      .replace(/^(?:\.\/+)+/, '')
      .replace(/\/+/g, '/')
      .replace(/(.)\/$/, '$1');
    const other = seen.get(place);
    seen.set(place, other ?? each);
    const help = other && hint(other, each);
    if (other === undefined || help === undefined) continue;
    const at = other.optionTexts?.get(option)?.span;
    sink.add(
      'sink-config',
      `the sinks "${other.name}" and "${each.name}" would both write to "${text.text}"`,
      text.span,
      {
        hints: [help],
        ...(at === undefined ? {} : { related: [{ message: 'the other one', span: at }] }),
      },
    );
  }
}

/** What only looks like a placeholder becomes a part of the file's name. */
function checkPlaceholders(sinks: readonly SinkSpec[], sink: DiagnosticSink): void {
  for (const { kind, optionTexts } of sinks) {
    const path = kind.value === 'file' ? optionTexts?.get('path') : undefined;
    for (const [placeholder] of path?.text.matchAll(/(?<!\$)\{(?!probe\}|date\})[A-Za-z_]+\}/g) ?? []) {
      if (path === undefined) continue;
      sink.add(
        'sink-config',
        `"${placeholder}" stands for nothing, and would be a part of the file’s name`,
        path.span,
        {
          severity: 'warning',
          hints: [
            '{probe} is the name of the probe or map, {date} the day; ${NAME} takes a value from the environment',
          ],
        },
      );
    }
  }
}
