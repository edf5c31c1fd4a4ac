import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeHost } from '../host-node.js';
import type { Type } from '../language/types.js';
import { openBtf } from './btf-reader.js';

const path = '/sys/kernel/btf/vmlinux';

/** What `bpftool btf dump … format raw -j` says of a type; each kind has some of these. */
interface Dumped {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly encoding?: string;
  readonly type_id?: number;
  readonly ret_type_id?: number;
  readonly nr_elems?: number;
  readonly members?: readonly {
    readonly name: string;
    readonly type_id: number;
    readonly bits_offset: number;
    readonly bitfield_size?: number;
  }[];
  readonly values?: readonly { readonly name: string; readonly val: number | string }[];
  readonly params?: readonly { readonly name: string; readonly type_id: number }[];
}

const named = (name: string) => (name === '(anon)' ? '' : name);

const bpftool = nodeHost().findProgram('bpftool');

describe.skipIf(!existsSync(path) || bpftool === undefined)('the running kernel’s BTF against bpftool', () => {
  if (!existsSync(path) || bpftool === undefined) return;
  const btf = openBtf(readFileSync(path), { label: 'the kernel' }).output;
  if (btf === undefined) throw new Error('vmlinux BTF did not open');
  const type = (id: number): Type => btf.types.type(id);
  const text = execFileSync(bpftool, ['btf', 'dump', 'file', path, 'format', 'raw', '-j'], {
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  const dump: readonly Dumped[] = JSON.parse(text).types;

  it('counts the same types', () => {
    expect(btf.types.table.endId - 1).toBe(dump.length);
  });

  it('agrees on every struct and union: size, members, offsets, bit-fields', () => {
    let compared = 0;
    for (const each of dump) {
      if (each.kind !== 'STRUCT' && each.kind !== 'UNION') continue;
      const ours = type(each.id);
      if (ours.kind !== 'struct') throw new Error(`type ${each.id} is ${ours.kind}`);
      const summary = [ours.name, ours.union, ours.byteSize];
      expect(summary).toEqual([named(each.name), each.kind === 'UNION', each.size]);
      const members = ours.members.map((member) => [member.name, member.bitOffset, member.bitSize ?? 0]);
      expect(members, each.name).toEqual(
        (each.members ?? []).map((member) => [named(member.name), member.bits_offset, member.bitfield_size ?? 0]),
      );
      for (const [at, member] of ours.members.entries())
        expect(member.type).toBe(type(each.members?.[at]?.type_id ?? 0));
      compared++;
    }
    expect(compared).toBeGreaterThan(5000);
  });

  it('agrees on every integer, array, pointer, enum and function prototype', () => {
    for (const each of dump) {
      const ours = type(each.id);
      switch (each.kind) {
        case 'INT':
          if (ours.kind === 'int') {
            const { name, bits, signed } = ours;
            expect([name, bits, signed]).toEqual([each.name, (each.size ?? 0) * 8, each.encoding === 'SIGNED']);
          } else expect(['_Bool', '__int128', '__int128 unsigned']).toContain(each.name);
          break;
        case 'ARRAY':
          if (ours.kind !== 'array') throw new Error(`type ${each.id} is ${ours.kind}`);
          expect(ours.count).toBe(each.nr_elems);
          expect(ours.element).toBe(type(each.type_id ?? 0));
          break;
        case 'PTR':
          if (ours.kind !== 'pointer') throw new Error(`type ${each.id} is ${ours.kind}`);
          expect(ours.target).toBe(type(each.type_id ?? 0));
          break;
        case 'ENUM':
        case 'ENUM64': {
          if (ours.kind !== 'enum') throw new Error(`type ${each.id} is ${ours.kind}`);
          // bpftool 7.1 extends the sign of unsigned 32-bit enumerators: 0xf0000000 comes out as 0xfffffffff0000000.
          const extended = each.kind === 'ENUM' && !ours.signed;
          const values = ours.enumerators.map(({ name, value }) => {
            return [name, Number(extended ? BigInt.asUintN(64, BigInt.asIntN(32, value)) : value)];
          });
          expect(values).toEqual((each.values ?? []).map(({ name, val }) => [name, Number(val)]));
          break;
        }
        case 'FUNC_PROTO': {
          if (ours.kind !== 'function') throw new Error(`type ${each.id} is ${ours.kind}`);
          const params = each.params ?? [];
          const fixed = ours.variadic === true ? params.slice(0, -1) : params;
          expect(ours.parameters.map(({ name }) => name)).toEqual(fixed.map(({ name }) => named(name)));
          expect(ours.returns).toBe(type(each.ret_type_id ?? 0));
          break;
        }
        case 'TYPEDEF':
          if (ours.kind !== 'int') expect(ours).toBe(type(each.type_id ?? 0));
          else expect(ours.name).toBe(each.name);
          break;
        case 'CONST':
        case 'VOLATILE':
        case 'RESTRICT':
          expect(ours).toBe(type(each.type_id ?? 0));
          break;
        default:
      }
    }
  });

  it('finds each of some thousand names as bpftool lists them', () => {
    const first = new Map<string, number>();
    for (const { id, kind, name } of dump) {
      const key = `${kind} ${name}`;
      if (name !== '(anon)' && !first.has(key)) first.set(key, id);
    }
    const sampled = [...first].filter((_, at) => at % 23 === 0);
    for (const [key, id] of sampled) {
      const [kind = '', ...rest] = key.split(' ');
      const name = rest.join(' ');
      if (kind === 'STRUCT') expect(btf.struct(name)).toBe(type(id));
      if (kind === 'UNION') expect(btf.union(name)).toBe(type(id));
      if (kind === 'FUNC') expect(btf.func(name)).toBe(type(id));
    }
    expect(sampled.length).toBeGreaterThan(2000);
  });

  it('finds an enumerator that stands in many and one in an anonymous enum', () => {
    expect(btf.enumerator('TCP_SYN_SENT')?.value).toBe(2n);
    expect(btf.enumerator('BPF_F_CURRENT_CPU')?.value).toBe(0xffffffffn);
    expect(btf.enumerator('AF_INET')).toBeUndefined();
  });
});
