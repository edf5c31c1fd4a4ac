/** What is said of functions of programs: what they have, and why something is not to be had. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { diagnosticsText } from '../../test/support/diagnostics-text.js';
import { hasGo } from '../../test/support/programs.js';
import { richKernel } from '../../test/support/rich-kernel.js';
import { loadBinaryReader } from '../binary-reader.js';
import type { Host } from '../host.js';
import { nodeHost } from '../host-node.js';
import { openBinary } from '../kernel/binary.js';
import { goBuild } from '../kernel/go-build.js';
import { goFunctions } from '../kernel/go-functions.js';
import { goEntry, goReturns } from './go-function.js';
import { listHooks } from './hook-list.js';
import { isOneFunction } from './user-candidates.js';

const folder = mkdtempSync(`${tmpdir()}/probepipe-user-function-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fixtures = fileURLToPath(new URL('../../test/kernel/fixtures/', import.meta.url));
const build = (compiler: string, source: string, name: string, ...options: string[]): string => {
  execFileSync(compiler, ['-g', ...options, '-o', `${folder}/${name}`, `${fixtures}${source}`], { stdio: 'pipe' });
  return `${folder}/${name}`;
};
const functions = build('gcc', 'functions.c', 'functions', '-O2');
const shapes = build('g++', 'shapes.cc', 'shapes', '-O1');
execFileSync('strip', ['--strip-debug', '-o', `${folder}/plain`, functions]);
const host = nodeHost();
const string = 'std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >';

/** Everything that is told of a probe with these fields, without the folder. */
function said(hook: string, fields: string, rest = '', on: Host = host): string {
  const yaml = `probes:\n  p:\n    attach: "${hook}"\n${rest}    fields:\n      - x: ${fields}\n`;
  return diagnosticsText(yaml, on).replaceAll(folder, '…');
}

describe('functions of C and C++', () => {
  it.each([
    [`ucall:${functions}:many`, 'args.p.y + args.g + args.a', ''],
    [`ucall:${functions}:by_value`, 'retval.x + args.p.y', ''],
    [`uprobe:${functions}:walk`, 'args.item.next.inner.color == GREEN', ''],
    [`uprobe:${functions}:walk`, '(args.item as struct item).tail', ''],
    [`uprobe:${functions}:walk`, 'enum(args.item.inner.color, color)', ''],
    [`uprobe:${functions}:walk`, 'args.i.next.inner.at.x', '    signature: "(i: struct item *)"\n'],
    [`uprobe:${functions}:walk`, 'args.s.__sk_common.skc_num', '    signature: "(s: struct sock *)"\n'],
    [`uprobe:${shapes}:shapes::Circle::area(int)`, 'args.this.box.value + args.this.id', ''],
    [`uprobe:${shapes}:_ZN6shapes6Circle4areaEi`, 'args.scale', ''],
    [`uprobe:${shapes}:shapes::take(${string}, shapes::Box<long>, shapes::Circle*)`, 'args.circle.id', ''],
    [`uprobe:${folder}/plain:many`, 'args.0', ''],
  ])('%s has %s', (hook, fields, rest) => {
    expect(said(hook, fields, rest)).toBe('');
  });

  it.each([
    [
      `uprobe:${folder}/plain:many`,
      'args.a',
      /^debug-info-missing: the type of "a" is not known: there is no debug information for "…\/plain"\n {2}declare the arguments: signature: "\(name: type\) -> type"\n {2}or build it with -g, or install its debug symbols \(its -dbgsym package on Debian\), which come as \/usr\/lib\/debug\/\.build-id\/[0-9a-f]{2}\/[0-9a-f]+\.debug\n$/,
    ],
    [
      `uprobe:${functions}:by_value`,
      'args.ratio',
      'argument-unreadable: the argument "ratio" is a floating-point number, which stands in a register that BPF cannot read\n',
    ],
    [
      `ucall:${functions}:by_value`,
      'args.ratio',
      'argument-unreadable: the argument "ratio" is a floating-point number, which stands in a register that BPF cannot read\n',
    ],
    [
      `uprobe:${functions}:many`,
      'args.aa',
      `member-unknown: ${functions}:many has no argument "aa"\n  did you mean "a"?\n  its arguments are a, b, c, d, e, f, g, h, p\n`,
    ],
    [
      `uprobe:${functions}:walk`,
      'args.item.inner.at.z',
      'member-unknown: struct point has no member "z"\n  did you mean "x" or "y"?\n  its members are x, y\n',
    ],
    [
      `uprobe:${functions}:walk`,
      '(args.item as struct items).tail',
      `type-unknown: the debug information of "…/functions" has no struct "items"\n  did you mean "item"?\n`,
    ],
    [
      `uprobe:${functions}:+0x1040`,
      'args.a',
      'debug-info-missing: the type of "a" is not known: a place written as a number is no function\n  name the function instead\n',
    ],
    [
      `uprobe:${shapes}:shapes::Circle::area`,
      'pid',
      /^hook-target: "shapes::Circle::area" is 2 functions\n {2}write _ZN6shapes6Circle4areaE\S+ for shapes::Circle::area\(.*\)\n {2}write _ZN6shapes6Circle4areaE\S+ for shapes::Circle::area\(.*\)\n$/,
    ],
    [
      `uprobe:${shapes}:shapes::Circle::aera`,
      'pid',
      'hook-not-found: "…/shapes" has no function "shapes::Circle::aera"\n  did you mean "shapes::Circle::area"?\n',
    ],
    [
      `uprobe:${shapes}:shapes::take`,
      'args.circle.no_member',
      'member-unknown: struct Circle has no member "no_member"\n  its members are box, _vptr.Base, id\n',
    ],
  ])('%s: %s is refused', (hook, fields, expected) => {
    const text = said(hook, fields);
    if (typeof expected === 'string') expect(text).toBe(expected.replaceAll(folder, '…'));
    else expect(text).toMatch(expected);
  });

  it('are known by place only where the addon is missing', () => {
    const without: Host = { ...nodeHost(), binaryReader: () => loadBinaryReader(`${folder}/none.node`) };
    expect(said(`uprobe:${functions}:many`, 'args.a', '', without)).toBe(
      'addon-missing: the type of "a" is not known: debug information is read by an addon, and the native addon "…/none.node" is not built\n' +
        '  build it with "scripts/setup"\n  or declare the arguments: signature: "(name: type) -> type"\n',
    );
    expect(said(`uprobe:${functions}:many`, 'args.0', '', without)).toBe('');
    expect(said(`uprobe:${shapes}:shapes::take`, 'args.0', '', without)).toMatch(/^hook-not-found: /);
  });
});

describe('lists of functions', () => {
  it('have the names that authors wrote, each of which means that function', () => {
    const { kernel } = richKernel();
    const { hooks, diagnostics } = listHooks(`uprobe:${shapes}:shapes::*`, { kernel, host });
    expect(diagnostics).toEqual([]);
    const names = hooks.map((hook) => hook.slice(`uprobe:${shapes}:`.length));
    expect(names).toEqual(
      expect.arrayContaining([
        'shapes::Circle::area(int)',
        `shapes::Circle::area(long, ${string} const&)`,
        'shapes::take',
        'shapes::twice<long>',
      ]),
    );
    for (const name of names) expect(said(`uprobe:${shapes}:${name}`, 'pid')).toBe('');
  });

  it.each([
    ['area(Circle*, char const*)', true],
    ['f(int const* const*, T*&)', true],
    ['main.(*Server).Serve', true],
    ['main::{{closure}}', true],
    ['main.(*Server).*', false],
    ['f(*)', false],
    ['ns::*(int)', false],
    ['f(std::*, int*)', false],
    ['mem*', false],
  ])('%s is one function: %s', (text, one) => expect(isOneFunction(text)).toBe(one));
});

describe('names of C++ and Rust', () => {
  const reader = loadBinaryReader();
  if (typeof reader === 'string') throw new Error(reader);

  it.each([
    ['_ZN6shapes6Circle4areaEi', 'shapes::Circle::area', 'shapes::Circle::area(int)'],
    ['_ZN4core3fmt5write17h0123456789abcdefE', 'core::fmt::write', 'core::fmt::write'],
    ['_RNvC6_123foo3bar', '123foo::bar', '123foo::bar'],
    [
      '_ZN44_$LT$$RF$T$u20$as$u20$core..fmt..Display$GT$3fmt17h5e9eebf30f468cfeE',
      '<&T as core::fmt::Display>::fmt',
      '<&T as core::fmt::Display>::fmt',
    ],
    ['malloc', undefined, undefined],
    ['_Zzz', undefined, undefined],
  ])('%s', (name, short, whole) => {
    expect(reader.demangle([name], false)[0]).toBe(short);
    expect(reader.demangle([name], true)[0]).toBe(whole);
  });

  it('of any length and depth do no harm', () => {
    const deep = `_Z1f${'P'.repeat(100_000)}i`;
    const wide = `_ZN${'1a'.repeat(50_000)}E`;
    expect(reader.demangle([deep, wide, '_Z', '_R', ''], true)).toHaveLength(5);
  });
});

describe.skipIf(!hasGo)('functions of Go', () => {
  const server = `${folder}/server`;
  const stripped = `${folder}/stripped`;
  if (hasGo) {
    execFileSync('go', ['build', '-o', server, `${fixtures}server.go`], { stdio: 'pipe' });
    execFileSync('go', ['build', '-ldflags=-s -w', '-o', stripped, `${fixtures}server.go`], { stdio: 'pipe' });
  }
  const open = (path: string) => {
    const binary = openBinary(host, path);
    if (typeof binary === 'string') throw new Error(binary);
    return binary;
  };

  it('are told from others, with the version', () => {
    expect(open(server).go?.major).toBe(1);
    expect(open(server).go?.minor).toBeGreaterThanOrEqual(18);
    expect(goBuild(open(functions).elf)).toBeUndefined();
  });

  it('are in the table that is never stripped as the symbols have them', () => {
    const table = goFunctions(open(server).elf);
    const { symbols } = open(server);
    const names = [...(table?.names() ?? [])];
    expect(names.length).toBeGreaterThan(1000);
    const different = names.filter((name) => {
      const symbol = symbols.find(name);
      // Of assembler code there are two: itself, and what calls it from Go.
      const twice = symbols.find(`${name}.abi0`) !== undefined;
      return !twice && symbol !== undefined && symbol.fileOffset !== table?.find(name)?.fileOffset;
    });
    expect(different).toEqual([]);
    expect([...open(stripped).symbols.names()]).toContain('main.(*Request).Scale');
  });

  it('return where the disassembler of binutils sees a return, every one of them', () => {
    const binary = open(server);
    const listing = execFileSync('objdump', ['-d', '--no-show-raw-insn', server], {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    const expected = new Map<string, number>();
    let current = '';
    for (const line of listing.split('\n')) {
      const header = /^[0-9a-f]+ <(.*)>:$/.exec(line)?.[1];
      if (header !== undefined) current = header;
      else if (/:\s+(?:rep[z ]*\s*)?retq?\b/.test(line)) expected.set(current, (expected.get(current) ?? 0) + 1);
    }
    let compared = 0;
    for (const name of binary.symbols.names()) {
      const symbol = binary.symbols.find(name);
      if (symbol === undefined || symbol.size === 0) continue;
      const returns = goReturns(binary, symbol, 'x86_64');
      if (typeof returns === 'string') {
        // Some functions of the runtime only jump elsewhere, and some assembler code is newer than the decoder.
        expect(returns).toMatch(/never returns|cannot be read/);
        continue;
      }
      compared++;
      expect([name, returns.length]).toEqual([name, expected.get(name)]);
    }
    expect(compared).toBeGreaterThan(1000);
  });

  it('are entered behind the check of the stack', () => {
    const binary = open(server);
    const symbol = binary.symbols.find('main.deep');
    if (symbol === undefined) throw new Error('no main.deep');
    const entry = goEntry(binary, symbol, 'x86_64');
    expect(entry).toBeGreaterThan(symbol.fileOffset);
    expect(Number(entry) - symbol.fileOffset).toBeLessThan(32);
    const small = binary.symbols.find('main.(*Request).Scale');
    // A function that needs no stack has no check.
    expect(small && goEntry(binary, small, 'x86_64')).toBe(small?.fileOffset);
  });

  it.each([
    ['main.handle', 'args.path', ''],
    ['main.handle', 'args.r.Pos.Y', ''],
    ['main.(*Request).Scale', 'args.r.Method', ''],
    ['main.mixed', 'args.small + args.list[1]', ''],
    [
      'main.mixed',
      'args.ratio',
      'argument-unreadable: the argument "ratio" is a floating-point number, which stands in a register that BPF cannot read\n',
    ],
    ['main.handel', 'pid', 'hook-not-found: "…/server" has no function "main.handel"\n  did you mean "main.handle"?\n'],
  ])('%s: %s', (name, fields, expected) => {
    expect(said(`uprobe:${server}:${name}`, fields)).toBe(expected);
  });

  it('that do not return by themselves have no ucall', () => {
    expect(said(`ucall:${server}:runtime.goexit.abi0`, 'pid')).toMatch(
      /^hook-unsupported: ucall cannot attach to "runtime.goexit.abi0" of a Go program: .*\n {2}write uprobe:…\/server:runtime.goexit.abi0, which catches its entry alone\n$/,
    );
  });
});
