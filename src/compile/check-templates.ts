/** Templates of sinks against the columns of the probes and maps that they take, each name at its place in the YAML. */
import type { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { didYouMean, listed } from '../diagnostics/suggest.js';
import { piece } from '../language/node-parts.js';
import type { PipelineSpec, SinkSpec } from '../language/spec.js';
import { readTemplate } from '../language/template/template.js';
import { mapColumns } from './map-columns.js';
import { isShown, layoutMap, mapManifest } from './map-layout.js';
import type { TypedPipeline } from './typed-pipeline.js';

type Taken = Pick<TypedPipeline, 'maps' | 'probes'>;

export function checkTemplates(spec: PipelineSpec, typed: Taken, sink: DiagnosticSink): void {
  for (const sinkSpec of spec.sinks) {
    const text = sinkSpec.optionTexts?.get('template');
    if (checkChoice(sinkSpec, sink) || text === undefined) continue;
    const { columns, problems } = readTemplate(text.text);
    for (const { code, message, start, end, hints } of problems)
      sink.add(code, message, piece(text, start, end).span, { hints });
    const known = columnsOf(spec, sinkSpec, typed);
    for (const { name, place } of columns) {
      if (known.includes(name)) continue;
      sink.add(
        'name-unknown',
        `nothing that this sink takes has a column "${name}"`,
        piece(text, place.start, place.end).span,
        {
          hints: [...didYouMean(name, known), ...listed('the columns are', known)],
        },
      );
    }
  }
}

/** Whether the format and the template contradict each other, which is told. */
function checkChoice({ kind, options, optionKeys, span }: SinkSpec, sink: DiagnosticSink): boolean {
  const key = kind.value === 'http' ? 'encoding' : 'format';
  const chosen = options[key];
  if (options.template === undefined) {
    if (chosen !== 'template') return false;
    sink.add('sink-config', `"${key}: template" needs the template itself`, optionKeys?.get(key) ?? span, {
      hints: ['write one beside it, such as template: "{{pid}} {{comm}}"'],
    });
    return true;
  }
  if (chosen === undefined || chosen === 'template') return false;
  sink.add(
    'sink-config',
    `a template has no use with "${key}: ${String(chosen)}"`,
    optionKeys?.get('template') ?? span,
    {
      hints: [`write "${key}: template", or leave one of the two out`],
    },
  );
  return true;
}

function columnsOf(spec: PipelineSpec, { from, fields }: SinkSpec, { probes, maps }: Taken): readonly string[] {
  const isTaken = (name: string): boolean => from === undefined || from.some(({ value }) => value === name);
  const events = probes.filter((probe) => probe.fields.length > 0 && isTaken(probe.name));
  const rows = maps.filter((map) => isTaken(map.spec.name.value) && isShown(map, spec));
  const chosen = fields?.map(({ value }) => value);
  const named = events.flatMap((probe) => probe.fields.map(({ name }) => name));
  return [
    ...new Set([
      ...(events.length > 0 ? ['probe'] : []),
      ...named.filter((name) => chosen === undefined || chosen.includes(name)),
      ...(rows.length > 0 ? ['map'] : []),
      ...rows.flatMap((map) => mapColumns(mapManifest(map, layoutMap(map), { shown: true, evictIndex: -1 }))),
    ]),
  ];
}
