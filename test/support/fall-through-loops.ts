/**
 * Finds what Linux 6.1 refuses and newer kernels take: a loop that goes back to its start by falling through (`back-edge from insn` of the verifier's check_cfg). clang's placement of blocks makes such loops where
 * a loop has `continue`. So no guest is needed to see that an object is refused there for that reason.
 */
import { readElf } from '../../src/kernel/elf.js';
import { bytesOf } from '../../src/kernel/file-bytes.js';

const instructionBytes = 8;
const symbolBytes = 24;
const symbolTable = 2;
const functionType = 2;

interface Instruction {
  readonly code: number;
  readonly offset: number;
}

interface Edge {
  readonly to: number;
  readonly jump: boolean;
}

/** `FUNCTION: FROM falls through to TO`, by instructions counted from the function's start; none for an object that 6.1 takes. */
export function fallThroughLoops(object: Uint8Array): string[] {
  return functionsOf(object).flatMap(({ name, code }) =>
    loopsOf(code).map(([from, to]) => `${name}: ${from} falls through to ${to}`),
  );
}

/** How many functions were looked at. */
export const functionCount = (object: Uint8Array): number => functionsOf(object).length;

function functionsOf(object: Uint8Array): { name: string; code: readonly Instruction[] }[] {
  const elf = readElf(bytesOf(object));
  if (typeof elf === 'string') throw new Error(`no object: ${elf}`);
  const table = elf.sections.find(({ type }) => type === symbolTable);
  const strings = table === undefined ? undefined : elf.sections[table.link];
  if (table === undefined || strings === undefined) throw new Error('an object without symbols');
  const symbols = dataView(elf.contents(table));
  const names = Buffer.from(elf.contents(strings));
  const functions: { name: string; code: readonly Instruction[] }[] = [];
  for (let at = 0; at < symbols.byteLength; at += symbolBytes) {
    if ((symbols.getUint8(at + 4) & 0xf) !== functionType) continue;
    const section = elf.sections[symbols.getUint16(at + 6, true)];
    if (section === undefined) continue;
    const from = names.subarray(symbols.getUint32(at, true));
    const start = Number(symbols.getBigUint64(at + 8, true));
    const size = Number(symbols.getBigUint64(at + 16, true));
    const bytes = elf.contents(section).subarray(start, start + size);
    functions.push({ name: from.toString('latin1', 0, from.indexOf(0)), code: decode(dataView(bytes)) });
  }
  return functions;
}

function decode(bytes: DataView): Instruction[] {
  return Array.from({ length: bytes.byteLength / instructionBytes }, (_, index) => ({
    code: bytes.getUint8(index * instructionBytes),
    offset: bytes.getInt16(index * instructionBytes + 2, true),
  }));
}

/** As check_cfg walks: depth first, what follows before where a branch goes. */
function loopsOf(code: readonly Instruction[]): (readonly [from: number, to: number])[] {
  const found: (readonly [number, number])[] = [];
  const state = new Map<number, 'open' | 'done'>();
  const path: { readonly at: number; readonly edges: Edge[] }[] = [];
  const enter = (at: number): void => {
    state.set(at, 'open');
    path.push({ at, edges: edgesOf(code, at) });
  };
  if (code.length > 0) enter(0);
  for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
    const edge = here.edges.shift();
    if (edge === undefined) {
      state.set(here.at, 'done');
      path.pop();
    } else if (state.get(edge.to) === undefined) enter(edge.to);
    else if (state.get(edge.to) === 'open' && !edge.jump) found.push([here.at, edge.to]);
  }
  return found;
}

const jumpClasses = [0x05, 0x06];
const always = 0x00;
const call = 0x80;
const exit = 0x90;

/** 6.1 lets conditional jumps go back both ways, and unconditional ones. */
function edgesOf(code: readonly Instruction[], at: number): Edge[] {
  const instruction = code[at];
  if (instruction === undefined) throw new Error(`instruction ${at} is beyond the function's end`);
  const operation = instruction.code & 0xf0;
  if (!jumpClasses.includes(instruction.code & 0x07) || operation === call) return [{ to: at + 1, jump: false }];
  if (operation === exit) return [];
  const target = { to: at + 1 + instruction.offset, jump: true };
  return operation === always ? [target] : [{ to: at + 1, jump: true }, target];
}

const dataView = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
