/** `probepipe explain`: what a pipeline attaches, reads, keeps and can lose; with `--c`, the C beside the YAML lines that it stands for. */
import type { Generated } from '../compile/generate-c.js';
import type { LimitsManifest, MapManifest, ProbeManifest, RecordLayout, ValueType } from '../compile/manifest.js';
import { pairSlotType, startBytes } from '../compile/pair-layout.js';
import type { TypedPair } from '../compile/typed-pipeline.js';
import { sizeOf } from '../compile/value-type.js';
import { lineText } from '../diagnostics/source.js';
import { type CheckedPipeline, generateSource } from '../pipeline.js';
import type { CommandInput, ExitCode } from './command.js';
import { lossLines } from './explain-losses.js';
import { metricLines } from './explain-metrics.js';
import { programLines } from './explain-programs.js';
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
  const { plain } = generated.output;
  if (!options.flag('c')) io.out(`${explanation(generated.output).join('\n')}\n`);
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

function explanation({ manifest, typed, plain }: Generated & CheckedPipeline): string[] {
  const lines = [`${manifest.name}${manifest.description === '' ? '' : `: ${manifest.description}`}`];
  for (const probe of manifest.probes) {
    const checked = typed.probes.find(({ name }) => name === probe.name);
    lines.push('', `probe ${probe.name}`, ...(checked === undefined ? [] : programLines(checked)));
    lines.push(...natureLines(probe));
    if (checked?.pair !== undefined) lines.push(`  ${pairText(checked.pair)}`);
    if (probe.limits !== undefined) lines.push(`  ${limitLine(probe.limits)}`);
    if (probe.sample !== undefined) lines.push(`  takes one hit in ${probe.sample}, chosen at random`);
    if (probe.rateLimit !== undefined) {
      const { events, perNs } = probe.rateLimit;
      const per = { '1000000000': 'second', '60000000000': 'minute' }[perNs] ?? 'hour';
      lines.push(`  emits at most ${events} events a ${per}`);
    }
    if (probe.event !== undefined) lines.push(...layoutLines(probe.event.layout));
  }
  for (const map of manifest.maps) lines.push('', ...mapLines(map));
  if (manifest.limits !== undefined) lines.push('', limitLine(manifest.limits));
  lines.push(...metricLines(manifest));
  lines.push('', 'what the ledger can count', ...lossLines(manifest, plain.c).map((line) => `  ${line}`));
  return lines;
}

/** Besides key and value an element of a hash has 48 bytes of the kernel's own (struct htab_elem), and both begin at multiples of 8. */
function elementBytes(keySize: number, valueSize: number): number {
  return 48 + Math.ceil(keySize / 8) * 8 + Math.ceil(valueSize / 8) * 8;
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [size, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KiB'] : [bytes / 1024 / 1024, 'MiB'];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

function pairText(pair: TypedPair): string {
  if (pair.ofCpu) return `keeps one start of ${startBytes(pair)} bytes for each processor until its end`;
  const keySize = pair.key.reduce((sum, slot) => sum + sizeOf(pairSlotType(slot)), 0);
  const bytes = pair.maxEntries * elementBytes(keySize, startBytes(pair));
  return `keeps at most ${pair.maxEntries} starts of ${keySize} + ${startBytes(pair)} bytes until their ends: ${sizeText(bytes)}`;
}

function layoutLines({ size, slots }: RecordLayout): string[] {
  const width = Math.max(...slots.map(({ name }) => name.length), 0);
  const place = (offset: number, bytes: number): string =>
    `    ${String(offset).padStart(5)} ${String(bytes).padStart(5)}`;
  return [
    `  emits records of ${size} bytes:`,
    '    offset bytes',
    `${place(0, 8)}  which probe`,
    ...[...slots]
      .sort((a, b) => a.offset - b.offset)
      .map(
        ({ name, type, offset, size: bytes }) => `${place(offset, bytes)}  ${name.padEnd(width)}  ${describe(type)}`,
      ),
  ];
}

function mapLines(map: MapManifest): string[] {
  const hash = map.kind.includes('hash');
  const value = map.perCpu ? 8 : map.valueSize;
  const entry = hash ? elementBytes(map.keySize, value) : Math.ceil(map.valueSize / 8) * 8;
  const own = map.perCpu ? ` and ${sizeText(map.maxEntries * map.valueSize)} on each processor` : '';
  const total = map.perCpu && !hash ? sizeText(map.maxEntries * 8) : sizeText(map.maxEntries * entry);
  const lines = [
    `map ${map.name}: ${map.kind}, ${map.maxEntries} entries of ${map.keySize} + ${map.valueSize} bytes: ${total}${own}`,
  ];
  if (map.key.length > 0)
    lines.push(`  key: ${map.key.map((slot) => `${slot.name}: ${describe(slot.type)}`).join(', ')}`);
  if (map.value.length > 0)
    lines.push(
      `  value: ${map.value.map((slot) => `${slot.name === '' ? '' : `${slot.name}: `}${slot.aggregation}`).join(', ')}`,
    );
  if (map.entries !== undefined) lines.push(`  filled with ${map.entries.length} entries`);
  if (!map.shown) lines.push('  looked into, and not shown');
  if (map.reset) lines.push('  twice that for a moment, whenever it starts anew');
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

function limitLine({ cpuShare, forMs }: LimitsManifest): string {
  const share = `${Number((cpuShare * 100).toFixed(4))}%`;
  return `may take ${share} of a CPU: beyond it for ${forMs / 1000} s hits are sampled, then it is detached for a while`;
}
