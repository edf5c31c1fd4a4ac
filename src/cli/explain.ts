/** `probepipe explain`: what a pipeline attaches, reads, keeps and can lose; with `--c`, the C beside the YAML lines that it stands for. */
import type { AttachGroup, Manifest, ProbeManifest, ValueType } from '../compile/manifest.js';
import { lineText } from '../diagnostics/source.js';
import { generateSource } from '../pipeline.js';
import type { CommandInput, ExitCode } from './command.js';
import { readSets } from './option-values.js';
import { readSource } from './read-source.js';
import { exitCodeOf, report } from './report.js';
import { tracefsToCheckWith } from './tracefs.js';

export async function explain({ operands, options, host, io }: CommandInput): Promise<ExitCode> {
  const sets = readSets(options.texts('set'));
  if ('wrong' in sets) {
    io.err(`probepipe: ${sets.wrong}\n`);
    return 2;
  }
  const source = readSource(operands[0] ?? '', host);
  const btfFile = options.text('btf');
  const tracefs = btfFile === undefined ? tracefsToCheckWith(host) : undefined;
  const generated =
    source.output === undefined
      ? { diagnostics: source.diagnostics, output: undefined }
      : generateSource(source.output, host, {
          sets: sets.sets,
          valuesMayMiss: true,
          ...(btfFile === undefined ? {} : { btfFile }),
          ...(tracefs === undefined ? {} : { tracefs }),
        });
  report(generated.diagnostics, io, options.flag('verbose'));
  if (generated.output === undefined || source.output === undefined) return exitCodeOf(generated.diagnostics);
  const { manifest, plain } = generated.output;
  if (!options.flag('c')) io.out(`${manifestLines(manifest).join('\n')}\n`);
  else {
    let shown = 0;
    for (const [index, line] of plain.c.split('\n').entries()) {
      const yamlLine = plain.yamlLines[index] ?? 0;
      if (yamlLine > 0 && yamlLine !== shown) io.out(`\t// ${yamlLine}: ${lineText(source.output, yamlLine).trim()}\n`);
      shown = yamlLine;
      io.out(`${line}\n`);
    }
  }
  return 0;
}

function manifestLines(manifest: Manifest): string[] {
  const lines = [`${manifest.name}${manifest.description === '' ? '' : `: ${manifest.description}`}`];
  for (const probe of manifest.probes) {
    lines.push('', `probe ${probe.name}`, ...probe.groups.flatMap(groupLines));
    lines.push(...natureLines(probe));
    if (probe.pairMap !== undefined) lines.push('  keeps starts until their ends, in a map of its own');
    if (probe.sample !== undefined)
      lines.push(`  takes one hit in ${probe.sample}, chosen at random (the others are counted as sampled out)`);
    if (probe.rateLimit !== undefined) {
      const { events, perNs } = probe.rateLimit;
      const per = { '1000000000': 'second', '60000000000': 'minute' }[perNs] ?? 'hour';
      lines.push(`  emits at most ${events} events a ${per} (the others are counted as rate limited)`);
    }
    if (probe.event !== undefined) {
      lines.push(`  emits records of ${probe.event.layout.size} bytes:`);
      for (const slot of probe.event.layout.slots)
        lines.push(`    ${String(slot.offset).padStart(5)}  ${slot.name}: ${describe(slot.type)}`);
    }
  }
  for (const map of manifest.maps) {
    const perEntry = map.keySize + map.valueSize;
    lines.push(
      '',
      `map ${map.name}: ${map.kind}, ${map.maxEntries} entries of ${perEntry} bytes${map.perCpu ? ' on each processor' : ''}`,
    );
    if (map.key.length > 0)
      lines.push(`  key: ${map.key.map((slot) => `${slot.name}: ${describe(slot.type)}`).join(', ')}`);
    if (map.value.length > 0)
      lines.push(
        `  value: ${map.value.map((slot) => `${slot.name === '' ? '' : `${slot.name}: `}${slot.aggregation}`).join(', ')}`,
      );
    if (map.entries !== undefined) lines.push(`  filled with ${map.entries.length} entries`);
    if (!map.shown) lines.push('  looked into, and not shown');
  }
  lines.push('', 'can lose:');
  if (manifest.ring !== undefined)
    lines.push(
      `  events, when ${manifest.ring.bytes / 1024 / 1024} MiB of them wait to be read (counted as ring full)`,
    );
  for (const { name, evicts } of manifest.maps)
    if (evicts === true)
      lines.push(`  older entries of ${name}, which make room for new ones when it is full (not counted)`);
  if (manifest.maps.some((map) => !map.kind.includes('array') && map.evicts !== true))
    lines.push('  new keys, when a map is full (counted as map full)');
  if (manifest.probes.some((probe) => probe.pairMap !== undefined))
    lines.push('  starts, when too many have not ended (counted as map full)');
  return lines;
}

/** What runs otherwise than at events. */
function natureLines({ groups, everyNs }: ProbeManifest): string[] {
  const mechanisms = groups.flatMap(({ alternatives }) =>
    alternatives.flatMap(({ programs }) => programs.map((each) => each.mechanism)),
  );
  return [
    ...(mechanisms.includes('iter')
      ? [`  takes a snapshot ${everyNs === undefined ? 'once' : `every ${Number(everyNs) / 1e6} ms`}`]
      : []),
    ...(mechanisms.includes('lsm')
      ? ['  watches what security modules are asked, and leaves their answers as they are']
      : []),
  ];
}

function groupLines(group: AttachGroup): string[] {
  const role = group.role === 'main' ? 'attaches' : `${group.role}s at`;
  return group.alternatives.map(({ label }, index) => `  ${index === 0 ? role : 'or else'} ${label}`);
}

function describe(type: ValueType): string {
  switch (type.kind) {
    case 'int':
      return type.as ?? `${type.signed ? 'i' : 'u'}${type.bytes * 8}`;
    case 'enum':
      return 'enum';
    case 'string':
    case 'bytes':
      return `${type.kind}, ${type.max} bytes at most`;
    case 'text':
      return `text of ${type.size} bytes`;
    default:
      return type.kind;
  }
}
