/** Texts, bytes and addresses: values that do not fit in a C variable and are written where they are kept. */

import { integerShape } from '../language/expression/fit.js';
import type { Typed } from '../language/expression/typed.js';
import type { AddressSpace, Type } from '../language/types.js';
import type { Block } from './block.js';
import { cast, infix } from './c-expression.js';
import { c, cConstant, memberName } from './c-text.js';
import { type Lowering, lineOf, lookUp, lowerLoadInto, lowerValue, startedIn } from './lower-expression.js';
import type { ValueType } from './manifest.js';
import { nodeKey } from './node-key.js';
import type { CText } from './statements.js';
import { sizeOf } from './value-type.js';

export const textReaders: Readonly<Record<AddressSpace, CText>> = {
  kernel: c`bpf_probe_read_kernel_str`,
  user: c`bpf_probe_read_user_str`,
};
const byteReaders: Readonly<Record<AddressSpace, CText>> = {
  kernel: c`bpf_probe_read_kernel`,
  user: c`bpf_probe_read_user`,
};
const addressFamilyInet6 = 10;

/**
 * Writes any value into `target`, an lvalue of the C type that `slot` has. Text has its length before it in a record (`string`), and none in a key, where it is
 * padded with zeros (`text`).
 */
export function writeValue(node: Typed, target: CText, slot: ValueType, block: Block, lowering: Lowering): void {
  const line = lineOf(node);
  switch (node.type.kind) {
    case 'string':
    case 'bytes':
    case 'comm':
    case 'ip':
    case 'mac':
      break;
    default:
      if (
        slot.kind !== 'text' &&
        target.startsWith('event->') &&
        lowerLoadInto(node, target, sizeOf(slot), block, lowering)
      )
        return;
      // Records and maps hold addresses as numbers.
      block.add(
        {
          template: 'assign',
          target,
          value:
            node.type.kind === 'pointer'
              ? cast(c`u64`, lowerValue(node, block, lowering))
              : lowerValue(node, block, lowering),
        },
        line,
      );
      return;
  }
  switch (node.op) {
    case 'let': {
      const held = block.find(heldKey(node.value));
      if (held === undefined) writeValue(node.value, target, slot, block, lowering);
      else if (isText(node.type)) writeStored(held, storedBytes(node.type), target, slot, block, line);
      else block.copy(target, held, sizeOf(slot), line, isShorter(node.type, slot));
      return;
    }
    case 'builtin':
      if (slot.kind === 'string') writeStored(commArray(node, block, lowering), commBytes, target, slot, block, line);
      else block.add({ template: 'current-comm', target }, line);
      return;
    case 'param':
      writeStored(c`(const void *)params.${memberName(node.name)}`, storedBytes(node.type), target, slot, block, line);
      return;
    case 'text': {
      const bytes = [...Buffer.from(node.value)];
      block.add(
        {
          template: 'copy-text',
          target: slot.kind === 'string' ? c`${target}.text` : target,
          length: bytes.length + 1,
          bytes,
        },
        line,
      );
      if (slot.kind === 'string')
        block.add(
          { template: 'assign', target: c`${target}.length`, value: cConstant(BigInt(bytes.length + 1)) },
          line,
        );
      return;
    }
    case 'readText':
      writeRead(node, target, slot, block, lowering);
      return;
    case 'readBytes': {
      const written = lowerValue(node.length, block, lowering);
      // A length below zero is an error number of whoever gave it, and no length.
      const signed = node.length.op !== 'constant' && integerShape(node.length.type)?.signed === true;
      const length = signed ? c`${infix(written, '<', c`0`)} ? 0 : ${written}` : written;
      const address = lowerValue(node.address, block, lowering);
      block.add(
        {
          template: 'read-bytes',
          lengthName: block.fresh('length'),
          helper: byteReaders[node.space],
          target,
          max: node.type.max,
          length,
          address,
        },
        line,
      );
      return;
    }
    case 'readMac': {
      const address = lowerValue(node.address, block, lowering);
      const helper = node.space === 'user' ? c`read_user` : c`read_kernel`;
      block.add({ template: 'read', helper, target, address }, line);
      return;
    }
    case 'readList': {
      const address = lowerValue(node.address, block, lowering);
      const { max } = node.type;
      if (node.list === 'argv') block.add({ template: 'read-argv', target, max, address }, line);
      else {
        const mount = node.mount === undefined ? c`0` : lowerValue(node.mount, block, lowering);
        block.add({ template: 'read-path', target, max, address, mount }, line);
      }
      return;
    }
    case 'choice': {
      const condition = lowerValue(node.condition, block, lowering);
      const [yes, no] = [block.inner(), block.inner()];
      writeValue(node.whenTrue, target, slot, yes, lowering);
      writeValue(node.whenFalse, target, slot, no, lowering);
      block.add({ template: 'branch', condition, body: yes.statements, otherwise: no.statements }, line);
      return;
    }
    case 'saved': {
      const source = c`${startedIn(block)}.${memberName(node.name)}`;
      if (isText(node.type) && !fills(node.type, slot))
        writeStored(c`&${source}`, storedBytes(node.type), target, slot, block, line);
      else block.copy(target, source, sizeOf(slot), line, isShorter(node.type, slot));
      return;
    }
    case 'lookup': {
      const map = lowering.mapOf(node.map);
      const entry = lookUp(node, block, line, lowering);
      const [found, missing] = [block.inner(), block.inner()];
      const source = c`${entry}->${map.member(node.member)}`;
      if (isText(node.type) && !fills(node.type, slot))
        writeStored(c`&${source}`, storedBytes(node.type), target, slot, found, line);
      else found.copy(target, source, sizeOf(slot), line, isShorter(node.type, slot));
      if (node.fallback === undefined) missing.zero(target, sizeOf(slot), line);
      else writeValue(node.fallback, target, slot, missing, lowering);
      block.add({ template: 'branch', condition: entry, body: found.statements, otherwise: missing.statements }, line);
      return;
    }
    case 'socketAddress': {
      const family = lowerValue(node.family, block, lowering);
      const [six, four] = [block.inner(), block.inner()];
      if (node.v6 !== undefined) {
        const address = lowerValue(node.v6, six, lowering);
        six.add({ template: 'assign', target: c`${target}.version`, value: c`6` }, line);
        six.add({ template: 'read', helper: c`read_kernel`, target: c`${target}.address`, address }, line);
      }
      writeIpv4(node.v4, target, four, line, lowering);
      block.zero(target, sizeOf(slot), line);
      if (node.v6 === undefined) for (const each of four.statements) block.statements.push(each);
      else
        block.add(
          {
            template: 'branch',
            condition: c`${family} == ${addressFamilyInet6}`,
            body: six.statements,
            otherwise: four.statements,
          },
          line,
        );
      return;
    }
    case 'makeIp': {
      block.zero(target, sizeOf(slot), line);
      if (node.v4 !== undefined) writeIpv4(node.v4, target, block, line, lowering);
      if (node.v6 !== undefined) {
        const address = lowerValue(node.v6.address, block, lowering);
        block.add({ template: 'assign', target: c`${target}.version`, value: c`6` }, line);
        block.add(
          {
            template: 'read',
            helper: node.v6.space === 'user' ? c`read_user` : c`read_kernel`,
            target: c`${target}.address`,
            address,
          },
          line,
        );
      }
      return;
    }
    default:
      throw new Error(`${node.op} of type ${node.type.kind} cannot be kept`);
  }
}

/** An address into the key of an lpm_trie. */
export function writeNetwork(node: Typed, target: CText, block: Block, lowering: Lowering): void {
  const line = lineOf(node);
  const address = block.variable({ type: c`ip_t`, hint: 'address', bytes: sizeOf({ kind: 'ip' }), zero: true }, line);
  writeValue(node, address, { kind: 'ip' }, block, lowering);
  block.add({ template: 'whole-address', target, source: address }, line);
}

/** Text at an address, at most as much as the pipeline says. */
function writeRead(
  node: Extract<Typed, { op: 'readText' }>,
  target: CText,
  slot: ValueType,
  block: Block,
  lowering: Lowering,
): void {
  const line = lineOf(node);
  const { helper, address } = textSource(node, block, lowering);
  const limit = node.limit ?? Number.POSITIVE_INFINITY;
  if (slot.kind !== 'string') {
    const size = Math.min(sizeOf(slot), node.type.max + 1, limit);
    if (size === limit || node.length !== undefined) {
      block.add({ template: 'read-padded', helper, target, size, address }, line);
      if (node.length !== undefined) countCut(node.length, size - 1, block, lowering);
    } else addCuttingRead({ space: node.space, target, size, address }, block, line);
    return;
  }
  const lengthName = block.fresh('length');
  // One byte more than may be kept, by which a longer text is known.
  const size = Math.min(node.type.max + 2, limit);
  const cut = size === node.type.max + 2;
  const shorter = cut && node.type.max < slot.max;
  block.add({ template: 'read-text', lengthName, helper, target, size, address, cut, shorter }, line);
}

/** A text of known length is cut where that is more than there is room for. */
function countCut(length: Typed, room: number, block: Block, lowering: Lowering): void {
  const line = lineOf(length);
  const condition = infix(cast(c`u64`, lowerValue(length, block, lowering)), '>', c`${room}`);
  const cut = block.inner();
  cut.add({ template: 'count', counter: c`truncated_strings` }, line);
  block.add({ template: 'branch', condition, body: cut.statements, otherwise: [] }, line);
}

interface CuttingRead {
  readonly space: AddressSpace;
  readonly target: CText;
  /** With the NUL. */
  readonly size: number;
  readonly address: CText;
}

/** Of a text that may be longer than its place. One that fills the place may just fit: the byte where its NUL would stand tells. */
function addCuttingRead({ space, ...read }: CuttingRead, block: Block, line: number): void {
  const length = block.fresh('length');
  const last = infix(cast(c`const u8 *`, read.address), '+', c`${read.size - 1}`);
  const cut = { next: block.fresh('next'), reader: byteReaders[space], last };
  block.add({ template: 'declare', type: c`s64`, name: length }, line);
  block.add({ template: 'read-padded', helper: textReaders[space], ...read, length, cut }, line);
}

/** What reads a text, and from where; the length of one that has it stands behind the address. */
export function textSource(
  node: Extract<Typed, { op: 'readText' }>,
  block: Block,
  lowering: Lowering,
): { readonly helper: CText; readonly address: CText } {
  const address = lowerValue(node.address, block, lowering);
  if (node.length === undefined) return { helper: textReaders[node.space], address };
  lowering.used.countedText = true;
  return { helper: c`read_counted_text`, address: c`${address}, ${lowerValue(node.length, block, lowering)}` };
}

/** Zero-padded text that lies in `bytes` bytes of a map, of a param or on the stack. */
function writeStored(address: CText, bytes: number, target: CText, slot: ValueType, block: Block, line: number): void {
  const helper = textReaders.kernel;
  if (slot.kind !== 'string') {
    block.add({ template: 'read-padded', helper, target, size: Math.min(sizeOf(slot), bytes), address }, line);
    return;
  }
  const size = Math.min(slot.max + 2, bytes);
  const lengthName = block.fresh('length');
  block.add({ template: 'read-text', lengthName, helper, target, size, address, cut: false, shorter: false }, line);
}

/** Under which a program remembers a text, bytes or an address that it read before it was asked for. */
export const heldKey = (value: Typed): string => `held ${nodeKey(value)}`;

const commBytes = 16;
const isText = (type: Type): boolean => type.kind === 'string' || type.kind === 'comm';
/** As it lies in maps and params, with its NUL. */
export const storedBytes = (type: Type): number => (type.kind === 'string' ? type.max + 1 : commBytes);
/** Whether a stored text is as long as the padded slot, so that it can be copied as it is. */
const fills = (type: Type, slot: ValueType): boolean => slot.kind === 'text' && slot.size === storedBytes(type);

/** Bytes may be kept where there is room for more. */
const isShorter = (type: Type, slot: ValueType): boolean =>
  type.kind === 'bytes' && slot.kind === 'bytes' && type.max < slot.max;

/** A task's name in a variable of its own. */
export function commArray(text: Typed, block: Block, lowering: Lowering): CText {
  const key = `array ${nodeKey(text)}`;
  const known = block.find(key);
  if (known !== undefined) return known;
  const where = { type: c`u8`, hint: 'comm', array: commBytes, bytes: commBytes, zero: true };
  const name = block.variable(where, lineOf(text));
  writeValue(text, name, { kind: 'text', size: commBytes }, block, lowering);
  return block.remember(key, name);
}

function writeIpv4(value: Typed, target: CText, block: Block, line: number, lowering: Lowering): void {
  const address = lowerValue(value, block, lowering);
  block.add({ template: 'assign', target: c`${target}.version`, value: c`4` }, line);
  // Not by a pointer to u32: in a packed key the address may stand anywhere, and the verifier wants aligned stores to the stack.
  block.add({ template: 'ipv4-address', target: c`${target}.address`, value: address }, line);
}
