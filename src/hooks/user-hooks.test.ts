import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { located, told } from '../../test/support/located-text.js';
import { resolve, waysText } from '../../test/support/resolved-hook.js';
import { richKernel } from '../../test/support/rich-kernel.js';
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import { nodeHost } from '../host-node.js';
import { readElf } from '../kernel/elf.js';
import { functionSymbols } from '../kernel/elf-symbols.js';
import { fileBytes } from '../kernel/file-bytes.js';
import { describeType } from '../language/expression/describe.js';
import { parseSignature } from './signature.js';

const folder = mkdtempSync(`${tmpdir()}/probepipe-user-hooks-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const library = `${folder}/libsample.so`;
const host = nodeHost();
const source = `
int work_on_it(int x) { return x + 1; }
int work_twice(int x) { return work_on_it(x) * 2; }
static int (*choose(void))(int) { return work_on_it; }
int chosen(int) __attribute__((ifunc("choose")));
`;
execFileSync('clang', ['-x', 'c', '-', '-O1', '-fPIC', '-shared', '-o', library], { input: source });
const elf = readElf(fileBytes(host, library));
if (typeof elf === 'string') throw new Error(elf);
const work = functionSymbols(elf).find('work_on_it');
const at = work?.fileOffset ?? 0;
writeFileSync(`${folder}/text`, 'no binary\n');

const good = (text: string, signature?: string) => {
  const resolved = resolve(text, { host, ...(signature === undefined ? {} : { signature }) });
  expect(resolved.problems).toEqual([]);
  return waysText(resolved);
};

function bad(text: string, signature?: string) {
  const { ways, problems } = resolve(text, { host, ...(signature === undefined ? {} : { signature }) });
  expect(ways).toBeUndefined();
  expect(problems).toHaveLength(1);
  const [first] = problems;
  return { code: first?.code, message: first?.message, hints: first?.hints ?? [], at: first?.at };
}

const sixWords = [0, 1, 2, 3, 4, 5].map((index) => `${index}: u64`).join(', ');

describe('functions of programs and libraries', () => {
  it('are found by symbol', () => {
    expect(good(`uprobe:${library}:work_on_it`)).toEqual([
      [`uprobe:${library}:work_on_it | uprobe ${library}+${at} (${sixWords})`],
    ]);
    expect(good(`uprobe:${library}:work_on_it`, '(x: int) -> int')).toEqual([
      [`uprobe:${library}:work_on_it | uprobe ${library}+${at} (x: i32)`],
    ]);
    expect(good(`uretprobe:${library}:work_on_it`, '(x: int) -> int')).toEqual([
      [`uretprobe:${library}:work_on_it | uretprobe ${library}+${at} (no args) -> i32`],
    ]);
    expect(good(`ucall:${library}:work_on_it`)).toEqual([
      [
        `ucall:${library}:work_on_it | uretprobe ${library}+${at} (no args) -> u64 | uprobe ${library}+${at} (${sixWords})`,
      ],
    ]);
  });

  it('are found in libraries by their names', () => {
    const target = resolve('uprobe:libc:malloc', { host }).ways?.[0]?.[0]?.main.target;
    expect(target).toMatch(/\/libc[.-].*so/);
  });

  it('are found by place, where there is code', () => {
    expect(good(`uprobe:${library}:+${at}`)).toEqual([
      [`uprobe:${library}:+${at} | uprobe ${library}+${at} (${sixWords})`],
    ]);
    expect(good(`uprobe:${library}:+0x${at.toString(16)}`)?.[0]?.[0]).toContain(`${library}+${at} `);
    // Inside of a function its arguments may have been overwritten.
    expect(good(`uprobe:${library}:work_on_it+1`)).toEqual([
      [`uprobe:${library}:work_on_it+1 | uprobe ${library}+${at + 1} (no args)`],
    ]);
  });

  it('have no value at the return where the signature says so', () => {
    const retval = resolve(`uretprobe:${library}:work_on_it`, { host, signature: '(x: int)' }).ways?.[0]?.[0]?.main
      .retval;
    expect(retval).toEqual({
      missing: 'the signature says that it returns nothing',
      hints: ['add "-> int" or another type to it'],
    });
  });

  it.each([
    [
      'uprobe:malloc',
      'hook-target',
      '"malloc" is not BINARY:SYMBOL',
      ['write uprobe:libc:malloc or uprobe:/usr/bin/bash:readline'],
      'malloc',
    ],
    [
      'ucall:libc:',
      'hook-target',
      '"libc:" is not BINARY:SYMBOL',
      ['write ucall:libc:malloc or ucall:/usr/bin/bash:readline'],
      'libc:',
    ],
    [
      `uprobe:${folder}/libsampel.so:f`,
      'hook-not-found',
      `there is no file "${folder}/libsampel.so"`,
      [`did you mean "${library}"?`],
      `${folder}/libsampel.so:f`,
    ],
    [
      `uprobe:${library}:work_on_itt`,
      'hook-not-found',
      `"${library}" has no function "work_on_itt"`,
      ['did you mean "work_on_it"?'],
      `${library}:work_on_itt`,
    ],
    [
      `uprobe:${library}:work`,
      'hook-not-found',
      `"${library}" has no function "work"`,
      ['it has work_on_it, work_twice'],
      `${library}:work`,
    ],
    [
      `uprobe:${library}:chosen`,
      'hook-not-found',
      '"chosen" is chosen when the program starts (an indirect function), so its own symbol is only the chooser',
      [],
      `${library}:chosen`,
    ],
    [
      `uprobe:${library}:+0x10`,
      'hook-not-found',
      `"${library}" has no code at +0x10`,
      ['the offset counts from the beginning of the file'],
      `${library}:+0x10`,
    ],
    [
      `uprobe:${library}:work_on_it+0x100000`,
      'hook-not-found',
      `"${library}" has no code at work_on_it+0x100000`,
      ['the offset counts from the beginning of the function'],
      `${library}:work_on_it+0x100000`,
    ],
    [
      `uretprobe:${library}:work_on_it+1`,
      'hook-target',
      'only a uprobe can sit inside a function, not a uretprobe',
      [`write uprobe:${library}:work_on_it+1`],
      `${library}:work_on_it+1`,
    ],
    [
      `ucall:${library}:work_on_it+1`,
      'hook-target',
      'only a uprobe can sit inside a function, not a ucall',
      [`write uprobe:${library}:work_on_it+1`],
      `${library}:work_on_it+1`,
    ],
  ])('%s is refused', (text, code, message, hints, place) => {
    expect(bad(text)).toEqual({ code, message, hints, at: place });
  });

  it('are not looked for in what is no binary', () => {
    const problem = bad(`uprobe:${folder}/text:f`);
    expect(problem.code).toBe('hook-not-found');
    expect(problem.message).toContain(`"${folder}/text" cannot be probed: `);
  });

  it('of the C library that are indirect are refused with the real ones', () => {
    const problem = bad('uprobe:libc:memcpy');
    expect(problem.message).toContain('"memcpy" is chosen when the program starts');
  });
});

describe('signatures', () => {
  const { kernel } = richKernel();
  const read = (text: string) => {
    const sink = new DiagnosticSink();
    const type = parseSignature(located(text), kernel, sink);
    const said =
      type &&
      `(${type.parameters.map((each) => `${each.name}: ${describeType(each.type)}`).join(', ')}) -> ${describeType(type.returns)}`;
    return { said, problems: sink.diagnostics.map(told) };
  };

  it.each([
    ['()', '() -> void'],
    ['(size: size_t) -> void *', '(size: size_t) -> user void *'],
    ['(a: int, b: const char *) -> long', '(a: i32, b: user char *) -> i64'],
    ['(s: struct sock *, ok: bool)', '(s: user struct sock *, ok: bool) -> void'],
    ['(op: enum req_op) -> enum req_op', '(op: enum req_op) -> enum req_op'],
    ['( a : u8 )->u8', '(a: u8) -> u8'],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual({ said: expected, problems: [] });
  });

  const reads = ['a signature reads (name: type, …) -> type, as in (size: size_t) -> void *'];
  const registers = ['a number or a pointer fits a register: write struct sock *'];
  it.each([
    ['size: int', 'signature', 'a signature begins with "("', reads, 'size'],
    ['(int)', 'signature', '":" and a type should follow "int"', reads, ')'],
    ['(a: int b: int)', 'signature', '"," or ")" should stand here', reads, 'b'],
    ['(3: int)', 'signature', 'the name of an argument should stand here', reads, '3'],
    ['(a: )', 'signature', 'the name of a type should stand here', reads, ')'],
    ['(a: int) -> int x', 'signature', 'nothing should follow the signature', reads, 'x'],
    ['(a: int) . int', 'signature', 'nothing should follow the signature', reads, '.'],
    ['(a: int', 'signature', '"," or ")" should stand here', reads, ''],
    ['(a: int) $', 'signature', '"$" cannot stand in a signature', reads, '$'],
    ['(a: int, a: int)', 'signature', 'the argument "a" stands twice', reads, 'a'],
    [
      '(s: struct sock)',
      'signature',
      'a function is not called with struct sock in a register',
      registers,
      'struct sock',
    ],
    [
      '(t: string(8))',
      'signature',
      'a function is not called with string(8) in a register',
      ['a text is passed by its address: write char *'],
      'string(8)',
    ],
    [
      '(t: comm)',
      'signature',
      'a function is not called with comm in a register',
      ['a text is passed by its address: write char *'],
      'comm',
    ],
    ['(t: void)', 'signature', 'a function is not called with void in a register', [], 'void'],
    [
      '() -> struct sock',
      'signature',
      'a function does not return struct sock in a register',
      registers,
      'struct sock',
    ],
    ['(a: strct)', 'type-unknown', 'unknown type "strct"', undefined, 'strct'],
  ])('%s is refused', (text, code, message, hints, place) => {
    const { said, problems } = read(text);
    expect(said).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code, message, at: place, ...(hints === undefined ? {} : { hints }) });
  });

  it('that are wrong are told at their own place', () => {
    const { problems } = resolve(`uprobe:${library}:work_on_it`, { host, signature: '(x int)' });
    expect(problems.map((each) => [each.code, each.at])).toEqual([['signature', 'int']]);
  });
});
