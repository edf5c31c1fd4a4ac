import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BtfBuilder } from '../../test/support/btf-builder.js';
import type { Type } from '../language/types.js';
import { type BtfSource, openBtf } from './btf-reader.js';

function open(bytes: Uint8Array, base?: BtfSource): BtfSource {
  const { output, diagnostics } = openBtf(bytes, { label: 'test BTF', ...(base === undefined ? {} : { base }) });
  expect(diagnostics).toEqual([]);
  if (output === undefined) throw new Error('no output');
  return output;
}

/** One of each kind, with what hangs together below. */
function sample(): BtfBuilder {
  const btf = new BtfBuilder();
  const int = btf.int('int', 4, 1);
  const unsignedInt = btf.int('unsigned int', 4);
  const char = btf.int('char', 1, 1);
  const boolean = btf.int('_Bool', 1, 4);
  btf.int('__int128', 16, 1);
  const u16 = btf.typedef('__u16', btf.int('short unsigned int', 2));
  const be16 = btf.typedef('__be16', u16);
  btf.typedef('port_t', be16);
  const array = btf.add({ kind: 3, rest: [char, int, 16] });
  const constChar = btf.add({ kind: 10, sizeOrType: char });
  const userChar = btf.add({ kind: 18, name: 'user', sizeOrType: constChar });
  const rcuChar = btf.add({ kind: 18, name: 'rcu', sizeOrType: constChar });
  const union = btf.add({ kind: 5, vlen: 2, sizeOrType: 4, rest: ['whole', int, 0, 'narrow', u16, 0] });
  btf.struct(
    'flagged',
    24,
    [
      ['head', int, 0],
      ['low', unsignedInt, (3 << 24) | 32],
      ['high', unsignedInt, (29 << 24) | 35],
      ['', union, 64],
      ['name', btf.pointer(userChar), 128],
    ],
    true,
  );
  const threeBits = btf.int('unsigned int', 4, 0, 3, 5);
  btf.struct('old_style', 4, [['bits', btf.typedef('bits_t', threeBits), 8]]);
  btf.add({ kind: 6, name: 'state', vlen: 2, flag: true, sizeOrType: 4, rest: ['LOST', -1, 'FOUND', 1] });
  btf.add({ kind: 6, vlen: 1, sizeOrType: 4, rest: ['NAMELESS', 0xffffffff] });
  btf.add({ kind: 19, name: 'wide', vlen: 1, flag: true, sizeOrType: 8, rest: ['WIDE', 0xfffffffe, 0xffffffff] });
  btf.add({ kind: 19, name: 'wide_unsigned', vlen: 1, sizeOrType: 8, rest: ['MOST', 0xffffffff, 0xffffffff] });
  const forward = btf.add({ kind: 7, name: 'flagged' });
  const opaque = btf.add({ kind: 7, name: 'opaque', flag: true });
  btf.struct('pointers', 40, [
    ['forward', btf.pointer(forward), 0],
    ['opaque', btf.pointer(opaque), 64],
    ['rcu', btf.pointer(rcuChar), 128],
    ['self', btf.pointer(btf.endId + 2), 192],
    ['void', btf.pointer(0), 256],
  ]);
  btf.func('work', int, [
    ['count', unsignedInt],
    ['ok', boolean],
    ['', 0],
  ]);
  btf.add({ kind: 14, name: 'variable', sizeOrType: int, rest: [1] });
  btf.add({ kind: 15, name: '.data', vlen: 1, sizeOrType: 4, rest: [1, 0, 4] });
  btf.add({ kind: 16, name: 'double', sizeOrType: 8 });
  btf.add({ kind: 17, name: 'tag', sizeOrType: int, rest: [0xffffffff] });
  btf.add({ kind: 9, sizeOrType: btf.add({ kind: 11, sizeOrType: array }) });
  return btf;
}

describe.each(['little', 'big'] as const)('openBtf of %s-endian bytes', (order) => {
  const btf = open(sample().bytes(order));

  it('names integers by their outermost typedef and keeps what is big-endian', () => {
    expect(btf.named('int')).toEqual({ kind: 'int', bits: 32, signed: true, name: 'int' });
    expect(btf.named('char')).toEqual({ kind: 'int', bits: 8, signed: true, char: true, name: 'char' });
    expect(btf.named('_Bool')).toEqual({ kind: 'bool' });
    expect(btf.named('__u16')).toEqual({ kind: 'int', bits: 16, signed: false, name: '__u16' });
    expect(btf.named('port_t')).toEqual({ kind: 'int', bits: 16, signed: false, name: 'port_t', bigEndian: true });
    expect(btf.named('__int128')).toMatchObject({ kind: 'array', count: 2, element: { bits: 64 } });
    expect(btf.named('double')).toEqual({ kind: 'float', bytes: 8, name: 'double' });
  });

  it('reads members, bit-fields of both styles and anonymous members', () => {
    const flagged = btf.struct('flagged');
    expect(flagged).toMatchObject({ union: false, byteSize: 24, layout: 'btf' });
    expect(flagged?.members.map(({ name, bitOffset, bitSize }) => [name, bitOffset, bitSize])).toEqual([
      ['head', 0, undefined],
      ['low', 32, 3],
      ['high', 35, 29],
      ['', 64, undefined],
      ['name', 128, undefined],
    ]);
    expect(flagged?.members[3]?.type).toMatchObject({ kind: 'struct', union: true, name: '' });
    expect(btf.struct('old_style')?.members[0]).toMatchObject({ bitOffset: 13, bitSize: 3 });
  });

  it('tells user pointers by their type tag', () => {
    expect(btf.struct('flagged')?.members[4]?.type).toMatchObject({ space: 'user', target: { char: true } });
    expect(btf.struct('pointers')?.members[2]?.type).toMatchObject({ space: 'kernel', target: { char: true } });
  });

  it('finds the definition behind a declaration, and gives a struct without members where there is none', () => {
    const members = btf.struct('pointers')?.members ?? [];
    const targets = members.map(({ type }) => (type.kind === 'pointer' ? type.target : undefined));
    expect(targets[0]).toBe(btf.struct('flagged'));
    expect(targets[1]).toMatchObject({ kind: 'struct', name: 'opaque', union: true, members: [] });
    expect(targets[3]).toBe(btf.struct('pointers'));
    expect(targets[4]).toEqual({ kind: 'void' });
  });

  it('reads enumerators of every width and sign', () => {
    expect(btf.enumerator('LOST')?.value).toBe(-1n);
    expect(btf.enumerator('LOST')?.type).toBe(btf.enumeration('state'));
    expect(btf.enumerator('NAMELESS')?.value).toBe(0xffffffffn);
    expect(btf.enumerator('WIDE')?.value).toBe(-2n);
    expect(btf.enumerator('MOST')?.value).toBe(0xffffffffffffffffn);
    expect(btf.enumerator('state')).toBeUndefined();
    expect([...btf.names('enumerator')]).toEqual(['LOST', 'FOUND', 'NAMELESS', 'WIDE', 'MOST']);
  });

  it('reads functions', () => {
    const work = btf.func('work');
    expect(work).toMatchObject({ variadic: true, returns: { name: 'int' } });
    expect(work?.parameters.map(({ name, type }) => [name, type.kind])).toEqual([
      ['count', 'int'],
      ['ok', 'bool'],
    ]);
    expect(btf.func('flagged')).toBeUndefined();
    expect([...btf.names('func')]).toEqual(['work']);
  });

  it('knows no name that is only part of one, empty or not ASCII', () => {
    for (const name of ['flag', 'lagged', '', 'flagged\0name', 'Ʀlagged']) expect(btf.struct(name)).toBeUndefined();
  });
});

describe('openBtf of a module', () => {
  const vmlinux = sample();
  const base = open(vmlinux.bytes());
  const module = new BtfBuilder({ endId: vmlinux.endId, stringLength: vmlinux.stringLength });
  const own = module.struct('own', 8, [['base', base.types.table.find(1 << 1, 'int') ?? 0, 0]]);
  module.func('module_work', own, []);
  const split = open(module.bytes(), base);

  it('finds its own names, the first string included, and reaches into the base by id', () => {
    expect(split.struct('own')?.members[0]?.type).toBe(base.named('int'));
    expect(split.func('module_work')?.returns).toBe(split.struct('own'));
  });

  it('does not see a base type as its own', () => {
    expect(split.struct('flagged')).toBeUndefined();
    expect([...split.names('struct')]).toEqual(['own']);
  });
});

describe('openBtf of older BTF', () => {
  it('takes an enum with negative values as signed where no enum says so', () => {
    const btf = new BtfBuilder();
    btf.add({ kind: 6, name: 'error', vlen: 1, sizeOrType: 4, rest: ['BAD', -1] });
    expect(open(btf.bytes()).enumerator('BAD')?.value).toBe(-1n);
  });
});

describe('openBtf of bytes that are no good', () => {
  const reason = (bytes: Uint8Array) => {
    const { output, diagnostics } = openBtf(bytes, { label: 'x.btf' });
    expect(output).toBeUndefined();
    expect(diagnostics[0]?.code).toBe('btf-format');
    return diagnostics[0]?.message;
  };

  it('says what is wrong', () => {
    expect(reason(new Uint8Array(3))).toBe('x.btf cannot be read: 3 bytes are too few for a BTF header');
    expect(reason(new Uint8Array(64))).toContain('magic number 0xeb9f');
    const version = sample().bytes();
    version[2] = 7;
    expect(reason(version)).toContain('its BTF version is 7');
    const kind = new BtfBuilder();
    kind.add({ kind: 30 });
    expect(reason(kind.bytes())).toContain('type 1 is of the unknown kind 30');
    const long = new BtfBuilder();
    long.add({ kind: 4, vlen: 500 });
    expect(reason(long.bytes())).toContain('type 1 reaches past the end of the types');
    expect(reason(sample().bytes().subarray(0, 400))).toContain('does not fit the file');
  });

  it('ends types that never end', () => {
    const btf = new BtfBuilder();
    btf.typedef('self', 1);
    btf.typedef('ping', 3);
    btf.typedef('pong', 2);
    btf.typedef('deep', btf.pointer(btf.endId));
    btf.struct('nest', 4, [['', btf.endId, 0]]);
    const source = open(btf.bytes());
    for (const name of ['self', 'ping', 'pong', 'deep']) expect(source.named(name)).toEqual({ kind: 'void' });
    expect(source.struct('nest')).toBeUndefined();
  });

  it('neither throws nor hangs, whatever is changed in a file', () => {
    const good = sample().bytes();
    let opened = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: -good.length * 4, max: good.length }),
        (changes, length) => {
          const bytes = good.slice(0, length < 0 ? good.length : length);
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const { output } = openBtf(bytes, { label: 'x' });
          if (output === undefined) return;
          opened++;
          for (const kind of ['struct', 'union', 'enum', 'typedef', 'func', 'enumerator'] as const) {
            for (const name of output.names(kind)) output.enumerator(name);
          }
          for (let id = 0; id < 64; id++) walk(output.types.type(id), new Set());
        },
      ),
      { numRuns: 3000 },
    );
    expect(opened).toBeGreaterThan(500);
  });
});

/** What a describer or a member search does: everything reachable, structs once. */
function walk(type: Type, seen: Set<Type>): void {
  switch (type.kind) {
    case 'pointer':
      walk(type.target, seen);
      return;
    case 'array':
      walk(type.element, seen);
      return;
    case 'function':
      for (const each of type.parameters) walk(each.type, seen);
      walk(type.returns, seen);
      return;
    case 'struct':
      if (seen.has(type)) return;
      seen.add(type);
      for (const member of type.members) walk(member.type, seen);
      return;
    default:
  }
}
