/** What a USDT probe's note says of its arguments, in the assembler's own words: `-4@%edi 8@-16(%rbp) 4@$5`, on arm64 `-4@w0 8@[sp, 16] 4@5`. */
import type { Operand } from '../language/expression/typed.js';

export interface UsdtArgument {
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
  readonly operand: Operand;
}

export interface OperandContext {
  /** EM_*. */
  readonly machine: number;
  /** Of the probed instruction, as the file was linked. */
  readonly address: number;
  /** Of a variable, as the file was linked; `undefined` where the file does not tell. */
  readonly addressOf: (symbol: string) => number | undefined;
}

const machineArm64 = 183;

/** Arguments in their order; a text says why one cannot be read. */
export function usdtArguments(operands: string, context: OperandContext): readonly (UsdtArgument | string)[] {
  // Operands of arm64 hold spaces: the next one begins with its size.
  const written = operands.matchAll(/(?:^|\s)(-?)(\d+)(f?)@(.*?)(?=\s+-?\d+f?@|\s*$)/g);
  return [...written].map(([, sign, size, float, place = '']) => {
    const bits = widths.get(size ?? '');
    if (float === 'f') return 'it is a floating-point number';
    if (bits === undefined) return `it has ${size} bytes`;
    const operand = context.machine === machineArm64 ? arm64Operand(place) : x86Operand(place, context);
    return operand === undefined
      ? `where it stands ("${place}") is not understood`
      : { bits, signed: sign === '-', operand };
  });
}

const widths: ReadonlyMap<string, UsdtArgument['bits']> = new Map([
  ['1', 8],
  ['2', 16],
  ['4', 32],
  ['8', 64],
]);

const number = /^[-+]?(?:0x[0-9a-f]+|\d+)$/i;

function integer(text: string): bigint | undefined {
  if (!number.test(text)) return undefined;
  const value = BigInt(text.replace(/^[-+]/, ''));
  return text.startsWith('-') ? -value : value;
}

const constant = (value: bigint): Operand => ({ at: 'constant', value: String(value) });

/** `$5`, `%eax`, `-16(%rbp)`, `(%rax,%rbx,4)`, `counter(%rip)`, `12+table(%rip)`. */
function x86Operand(text: string, { address, addressOf }: OperandContext): Operand | undefined {
  if (text.startsWith('$')) {
    const value = integer(text.slice(1));
    return value === undefined ? undefined : constant(value);
  }
  if (text.startsWith('%')) {
    const register = x86Register(text);
    return register && { at: 'register', ...register };
  }
  const [, before = '', inner] = /^([^()%]*)(?:\(([^()]*)\))?$/.exec(text) ?? [];
  if (before === '' && inner === undefined) return undefined;
  const [base, index, scale] = (inner ?? '').split(',').map((each) => each.trim());
  const [baseRegister, indexRegister] = [base, index].map((each) =>
    each === undefined ? undefined : x86Register(each),
  );
  if (base !== undefined && base !== '' && baseRegister?.shift !== 0 && base !== '%rip') return undefined;
  if (index !== undefined && (indexRegister?.shift !== 0 || index === '')) return undefined;
  const plain = before === '' ? 0n : integer(before);
  if (plain === undefined) {
    // A variable: it is as far from the probe in memory as in the file.
    const [, less = '0', symbol = '', more = '0'] = /^(?:(-?\d+)\+)?([A-Za-z_.$][\w.$]*)([-+]\d+)?$/.exec(before) ?? [];
    const known = addressOf(symbol);
    if (known === undefined || index !== undefined || (base !== undefined && base !== '' && base !== '%rip'))
      return undefined;
    return { at: 'memory', base: 'rip', displacement: known - address + Number(less) + Number(more) };
  }
  const scaled = scale === undefined ? 1 : Number(scale);
  if (![1, 2, 4, 8].includes(scaled)) return undefined;
  return {
    at: 'memory',
    displacement: Number(plain),
    ...(base === '%rip' ? { base: 'rip' } : baseRegister === undefined ? {} : { base: baseRegister.register }),
    ...(indexRegister === undefined ? {} : { index: { register: indexRegister.register, scale: scaled } }),
  };
}

/** A register under any of its names, and how far its value stands from the lowest bit (`%ah`). */
function x86Register(text: string): { register: string; shift: number } | undefined {
  const name = text.slice(1);
  const numbered = /^(r(?:8|9|1[0-5]))[dwb]?$/.exec(name)?.[1];
  if (numbered !== undefined) return { register: numbered, shift: 0 };
  const high = /^([abcd])h$/.exec(name)?.[1];
  if (high !== undefined) return { register: `r${high}x`, shift: 8 };
  const lettered = /^[re]?([abcd])x$|^([abcd])l$/.exec(name);
  if (lettered !== null) return { register: `r${lettered[1] ?? lettered[2]}x`, shift: 0 };
  const pointer = /^[re]?(si|di|bp|sp)$|^(si|di|bp|sp)l$/.exec(name);
  return pointer === null ? undefined : { register: `r${pointer[1] ?? pointer[2]}`, shift: 0 };
}

/** `5`, `x0`, `w0`, `sp`, `[sp]`, `[x29, -4]`, `[x0, x1]`, `[x0, w1, sxtw 2]`. */
function arm64Operand(text: string): Operand | undefined {
  const value = integer(text.replace(/^#/, ''));
  if (value !== undefined) return constant(value);
  const inner = /^\[(.*)\]$/.exec(text)?.[1];
  if (inner === undefined) {
    if (/^[xw]zr$/.test(text)) return constant(0n);
    const register = arm64Register(text);
    return register === undefined ? undefined : { at: 'register', register, shift: 0 };
  }
  const [baseText = '', second, extension] = inner.split(',').map((each) => each.trim());
  const base = arm64Register(baseText);
  if (base === undefined) return undefined;
  const displacement = second === undefined ? 0n : integer(second.replace(/^#/, ''));
  if (displacement !== undefined) {
    return extension === undefined ? { at: 'memory', base, displacement: Number(displacement) } : undefined;
  }
  const register = arm64Register(second ?? '');
  const [, word, by = '0'] = /^(lsl|sxtw|uxtw|sxtx)(?:\s+#?([0-3]))?$/.exec(extension ?? 'lsl 0') ?? [];
  if (register === undefined || word === undefined) return undefined;
  const scale = 2 ** Number(by);
  const extend = word === 'sxtw' || word === 'uxtw' ? { extend: word === 'sxtw' } : {};
  return { at: 'memory', base, displacement: 0, index: { register, scale, ...extend } };
}

/** `x5` for it and for its lower half `w5`. */
function arm64Register(text: string): string | undefined {
  if (text === 'sp' || text === 'wsp') return 'sp';
  const index = /^[xw](\d+)$/.exec(text)?.[1];
  return index !== undefined && Number(index) <= 30 ? `x${Number(index)}` : undefined;
}
