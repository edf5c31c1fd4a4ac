/** Texts, bytes and addresses: values that do not fit in a C variable and are written where they are kept. */

import type { Typed } from '../language/expression/typed.js';
import type { AddressSpace } from '../language/types.js';
import type { Block } from './block.js';
import { c, cast, cConstant, memberName } from './c-text.js';
import { type Lowering, lineOf, lookUp, lowerValue } from './lower-expression.js';
import type { ValueType } from './manifest.js';
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
    case 'let':
      writeValue(node.value, target, slot, block, lowering);
      return;
    case 'builtin':
      block.add({ template: slot.kind === 'string' ? 'comm-text' : 'current-comm', target }, line);
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
    case 'readText': {
      const address = lowerValue(node.address, block, lowering);
      const helper = textReaders[node.space];
      if (slot.kind === 'string')
        block.add(
          {
            template: 'read-text',
            lengthName: block.fresh('length'),
            helper,
            target,
            size: Math.min(node.type.max + 2, node.limit ?? node.type.max + 2),
            address,
          },
          line,
        );
      else
        block.add(
          {
            template: 'read-padded',
            helper,
            target,
            size: Math.min(sizeOf(slot), node.limit ?? sizeOf(slot)),
            address,
          },
          line,
        );
      return;
    }
    case 'readBytes': {
      const length = lowerValue(node.length, block, lowering);
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
    case 'choice': {
      const condition = lowerValue(node.condition, block, lowering);
      const [yes, no] = [block.inner(), block.inner()];
      writeValue(node.whenTrue, target, slot, yes, lowering);
      writeValue(node.whenFalse, target, slot, no, lowering);
      block.add({ template: 'branch', condition, body: yes.statements, otherwise: no.statements }, line);
      return;
    }
    case 'saved':
      block.add({ template: 'copy', target, source: c`started.${memberName(node.name)}` }, line);
      return;
    case 'lookup': {
      const map = lowering.mapOf(node.map);
      const entry = lookUp(node, block, line, lowering);
      const [found, missing] = [block.inner(), block.inner()];
      found.add({ template: 'copy', target, source: c`${entry}->${map.member(node.member)}` }, line);
      missing.add({ template: 'zero', target }, line);
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
      block.add({ template: 'zero', target }, line);
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
      block.add({ template: 'zero', target }, line);
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

function writeIpv4(value: Typed, target: CText, block: Block, line: number, lowering: Lowering): void {
  const address = lowerValue(value, block, lowering);
  block.add({ template: 'assign', target: c`${target}.version`, value: c`4` }, line);
  block.add({ template: 'assign', target: c`*(u32 *)${target}.address`, value: address }, line);
}
