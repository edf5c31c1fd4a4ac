import { describe, expect, it } from 'vitest';
import { BtfBuilder } from '../../test/support/btf-builder.js';
import type { TypeSource } from '../language/type-source.js';
import { openBtf } from './btf-reader.js';
import { formatOf, formatOfStruct, parseFormat } from './tracepoint-format.js';

const common = `	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
`;

function format(name: string, fields: string): string {
  return `name: ${name}\nID: 372\nformat:\n${common}\n${fields}\nprint fmt: "x=%d", REC->x\n`;
}

function source(): TypeSource {
  const btf = new BtfBuilder();
  const int = btf.int('int', 4, 1);
  const char = btf.int('char', 1, 0);
  btf.typedef('pid_t', int);
  btf.typedef('umode_t', btf.int('short unsigned int', 2));
  btf.typedef('__be16', btf.typedef('__u16', btf.int('u16', 2)));
  btf.typedef('handler_t', btf.pointer(btf.add({ kind: 13 })));
  btf.struct('sock', 4, [['family', int, 0]]);
  btf.struct('pair', 8, [
    ['a', int, 0],
    ['b', int, 32],
  ]);
  btf.add({ kind: 6, name: 'zone_type', vlen: 1, sizeOrType: 4, rest: ['ZONE_DMA', 0] });
  const entry = btf.struct('trace_entry', 8, [['type', int, 0]]);
  const array = (count: number) => btf.add({ kind: 3, rest: [char, int, count] });
  btf.struct('trace_event_raw_exec', 20, [
    ['ent', entry, 0],
    ['__data_loc_filename', int, 64],
    ['pid', int, 96],
    ['__rel_loc_rest', int, 128],
    ['__data', array(0), 160],
  ]);
  const opened = openBtf(btf.bytes(), { label: 'test' }).output;
  if (opened === undefined) throw new Error('no BTF');
  return opened;
}

const types = source();
const field = (line: string, category = 'sched') => formatOf(category, 'x', format('x', line), types).fields[0];

describe('formatOf', () => {
  it('reads sched_switch as Linux 6.18 writes it, without the common fields', () => {
    const text = format(
      'sched_switch',
      `	field:char prev_comm[16];	offset:8;	size:16;	signed:0;
	field:pid_t prev_pid;	offset:24;	size:4;	signed:1;
	field:long prev_state;	offset:32;	size:8;	signed:1;
`,
    );
    expect(formatOf('sched', 'sched_switch', text, types)).toEqual({
      category: 'sched',
      name: 'sched_switch',
      fields: [
        {
          name: 'prev_comm',
          type: { kind: 'array', count: 16, element: { kind: 'int', bits: 8, signed: true, char: true, name: 'char' } },
          offset: 8,
          size: 16,
        },
        { name: 'prev_pid', type: { kind: 'int', bits: 32, signed: true, name: 'pid_t' }, offset: 24, size: 4 },
        { name: 'prev_state', type: { kind: 'int', bits: 64, signed: true, name: 'long' }, offset: 32, size: 8 },
      ],
    });
  });

  it('reads strings and arrays of a length that the record tells', () => {
    expect(field('	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;')).toMatchObject({
      name: 'filename',
      dynamic: 'data_loc',
      type: { kind: 'array', count: 0, element: { char: true } },
    });
    expect(field('	field:__rel_loc u64[] times;	offset:8;	size:4;	signed:0;')).toMatchObject({
      dynamic: 'rel_loc',
    });
    expect(field('	field:__data_loc cpumask_t cpumask;	offset:8;	size:4;	signed:0;')?.type).toMatchObject({
      element: { bits: 64 },
    });
  });

  it('reads pointers, enums, structs and names that BTF has', () => {
    expect(field('	field:struct sock * sk;	offset:8;	size:8;	signed:0;')?.type).toMatchObject({
      kind: 'pointer',
      space: 'kernel',
      target: { name: 'sock' },
    });
    expect(field('	field:const void __seg_gs * p;	offset:8;	size:8;	signed:0;')?.type).toMatchObject({
      kind: 'pointer',
      target: { kind: 'void' },
    });
    expect(field('	field:enum zone_type zone;	offset:8;	size:4;	signed:0;')?.type).toBe(
      types.enumeration('zone_type'),
    );
    expect(field('	field:struct pair both;	offset:8;	size:8;	signed:0;')?.type).toBe(types.struct('pair'));
    expect(field('	field:__be16 port;	offset:8;	size:2;	signed:0;')?.type).toMatchObject({
      bits: 16,
      bigEndian: true,
    });
    expect(field('	field:bool ok;	offset:8;	size:1;	signed:0;')?.type).toEqual({ kind: 'bool' });
  });

  it('trusts the size where the name is unknown or of another size', () => {
    expect(field('	field:my_id_t id;	offset:8;	size:8;	signed:1;')?.type).toEqual({
      kind: 'int',
      bits: 64,
      signed: true,
    });
    expect(field('	field:pid_t id;	offset:8;	size:2;	signed:0;')?.type).toEqual({
      kind: 'int',
      bits: 16,
      signed: false,
    });
    expect(field('	field:guid_t id;	offset:8;	size:16;	signed:0;')?.type).toMatchObject({
      count: 16,
      element: { bits: 8 },
    });
    expect(field('	field:char comm[TASK_COMM_LEN];	offset:8;	size:16;	signed:0;')?.type).toMatchObject({
      count: 16,
      element: { char: true },
    });
    expect(field('	field:int pairs[3][2];	offset:8;	size:24;	signed:1;')?.type).toMatchObject({
      count: 3,
      element: { count: 2, element: { bits: 32 } },
    });
  });

  it('reads a system call’s registers at their own width, its pointers as the caller’s', () => {
    expect(field('	field:int dfd;	offset:16;	size:8;	signed:0;', 'syscalls')).toEqual({
      name: 'dfd',
      type: { kind: 'int', bits: 32, signed: true, name: 'int' },
      offset: 16,
      size: 4,
    });
    expect(field('	field:umode_t mode;	offset:40;	size:8;	signed:0;', 'syscalls')).toMatchObject({ size: 2 });
    expect(field('	field:const char *const * argv;	offset:24;	size:8;	signed:0;', 'syscalls')?.type).toMatchObject({
      space: 'user',
      target: { space: 'user', target: { char: true } },
    });
    expect(field('	field:handler_t handler;	offset:24;	size:8;	signed:0;', 'syscalls')?.type).toMatchObject({
      space: 'user',
    });
  });

  it('skips what it cannot read', () => {
    expect(parseFormat('field:;	offset:x\nnonsense\n\tfield:int a;\toffset:8;\tsize:4;')).toEqual([
      { type: 'int', name: 'a', offset: 8, size: 4, signed: false },
    ]);
  });
});

describe('formatOfStruct', () => {
  it('takes the members between the entry and the data', () => {
    const struct = types.struct('trace_event_raw_exec');
    if (struct === undefined) throw new Error('no struct');
    const { fields } = formatOfStruct('sched', 'exec', struct);
    expect(fields.map(({ name, offset, size, dynamic }) => [name, offset, size, dynamic])).toEqual([
      ['filename', 8, 4, 'data_loc'],
      ['pid', 12, 4, undefined],
      ['rest', 16, 4, 'rel_loc'],
    ]);
    expect(fields[0]?.type).toMatchObject({ kind: 'array', element: { char: true } });
  });
});
