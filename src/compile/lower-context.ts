/** What a program finds in its context: arguments in registers, in a tracepoint's record, or where a USDT probe's note says. */
import { integerShape } from '../language/expression/fit.js';
import type { ContextAccess, Operand } from '../language/expression/typed.js';
import type { IntType, Type } from '../language/types.js';
import type { Block } from './block.js';
import { cast } from './c-expression.js';
import { c, cConstant, cType, identifier } from './c-text.js';
import { type Lowering, once } from './lower-expression.js';
import type { CText } from './statements.js';

export function lowerContext(
  access: ContextAccess,
  type: Type,
  block: Block,
  line: number,
  { arch }: Pick<Lowering, 'arch'>,
): CText {
  switch (access.via) {
    case 'slot':
      return fromRegister(type, read(access, c`u64`, c`ctx + ${access.index}`, block, line));
    case 'object':
      return fromRegister(type, objectPart(access.index, block, line));
    case 'register':
      return fromRegister(type, read(access, c`u64`, c`ARGUMENT_${access.index}(ctx)`, block, line));
    case 'return register':
      return fromRegister(type, read(access, c`u64`, c`RETURNED(ctx)`, block, line));
    case 'frame':
      return frames[access.at];
    case 'operand': {
      const stored: IntType = { kind: 'int', bits: access.bits, signed: access.signed };
      const value = operandText(access.operand, stored, block, line, arch);
      return type.kind === 'int' && type.bits === stored.bits && type.signed === stored.signed
        ? value
        : fromRegister(type, stored.bits === 64 ? value : c`(u64)${value}`);
    }
    case 'record': {
      const stored = storedType(access.size, type);
      const value = read(access, stored, c`ctx + ${access.offset}`, block, line);
      return stored === cType(type) ? value : c`(${cType(type)})${value}`;
    }
    case 'record address':
      return c`(void *)(ctx + ${access.offset})`;
    case 'dynamic address': {
      const start = access.relative ? c`ctx + ${access.offset + 4}` : c`ctx`;
      const type: Type = { kind: 'pointer', space: 'kernel', target: { kind: 'void' } };
      return once(
        `dynamic ${access.offset}`,
        'text_at',
        type,
        block,
        line,
        () => c`(void *)(${start} + (CONTEXT(u32, ctx + ${access.offset}) & 0xffff))`,
      );
    }
  }
}

/** A trampoline keeps what it hands to programs in a frame of its own around the call. */
const frames: Readonly<Record<Extract<ContextAccess, { via: 'frame' }>['at'], CText>> = {
  entry: c`FRAME_AT_ENTRY(ctx)`,
  return: c`FRAME_AT_RETURN(ctx)`,
  trampoline: c`(u64)ctx`,
};

/**
 * Read as memory, which makes a number of it: the verifier forbids to compute with an address that it has not seen compared with 0, and clang may compare one copy and use another.
 */
export function objectPart(index: number, block: Block, line: number): CText {
  const key = `object ${index}`;
  const known = block.find(key);
  if (known !== undefined) return known;
  const name = block.variable({ type: c`u64`, hint: 'object', bytes: 8 }, line);
  block.add({ template: 'read', helper: c`read_kernel`, target: name, address: c`&ctx[${index}]` }, line);
  return block.remember(key, name);
}

/**
 * The verifier takes reads of the context at constant offsets only. Where two branches read two places of it, clang makes one read of a chosen address of them, so every
 * read stands before the branches.
 */
function read(access: ContextAccess, type: CText, address: CText, block: Block, line: number): CText {
  const value = c`CONTEXT(${type}, ${address})`;
  return block.atTop(`context ${JSON.stringify(access)} ${type}`, { hint: hintOf(access), type, value }, line);
}

function hintOf(access: ContextAccess): string {
  return access.via === 'return register' ? 'returned' : 'argument';
}

/** Of a bool only the low byte is passed; what stands above it is left over from before. */
function fromRegister(type: Type, register: CText): CText {
  return type.kind === 'bool' ? c`(bool)(u8)${register}` : c`(${cType(type)})${register}`;
}

/** A tracepoint's field may be wider than its type: system call arguments take 8 bytes each. */
function storedType(size: number, type: Type): CText {
  const shape = integerShape(type);
  const sign = shape?.signed === true ? c`s` : c`u`;
  const bits = size * 8;
  return shape !== undefined && shape.bits === bits ? cType(type) : c`${sign}${bits}`;
}

function operandText(operand: Operand, stored: IntType, block: Block, line: number, arch: Lowering['arch']): CText {
  const type = cType(stored);
  switch (operand.at) {
    case 'constant': {
      const value = BigInt(operand.value);
      return c`(${type})${cConstant(stored.signed ? BigInt.asIntN(stored.bits, value) : BigInt.asUintN(stored.bits, value))}`;
    }
    case 'register': {
      const register = registerText(operand.register, arch);
      return operand.shift === 0 ? c`(${type})${register}` : c`(${type})(${register} >> ${operand.shift})`;
    }
    case 'memory': {
      const key = `memory ${JSON.stringify(operand)} ${type}`;
      const known = block.find(key);
      if (known !== undefined) return known;
      const value = block.variable({ type, hint: 'operand', bytes: 8 }, line);
      const address = cast(c`void *`, addressText(operand, arch));
      block.add({ template: 'read', helper: c`read_user`, target: value, address }, line);
      return block.remember(key, value);
    }
  }
}

function addressText({ base, index, displacement }: Extract<Operand, { at: 'memory' }>, arch: Lowering['arch']): CText {
  const from = base === undefined ? c`0ULL` : registerText(base, arch);
  const added = index === undefined ? from : c`${from} + ${indexText(index, arch)}`;
  if (displacement === 0) return added;
  const distance = cConstant(BigInt(Math.abs(displacement)));
  return displacement < 0 ? c`${added} - ${distance}` : c`${added} + ${distance}`;
}

type Index = NonNullable<Extract<Operand, { at: 'memory' }>['index']>;

function indexText({ register, scale, extend }: Index, arch: Lowering['arch']): CText {
  const whole = registerText(register, arch);
  const text = extend === undefined ? whole : extend ? c`(u64)(s32)${whole}` : c`(u64)(u32)${whole}`;
  return scale === 1 ? text : c`${text} * ${scale}`;
}

/** The names of registers.hbs. */
function registerText(name: string, arch: Lowering['arch']): CText {
  const numbered = arch === 'arm64' ? /^x(\d+)$/.exec(name)?.[1] : undefined;
  return numbered === undefined ? c`ctx->${identifier(name)}` : c`ctx->regs[${Number(numbered)}]`;
}
