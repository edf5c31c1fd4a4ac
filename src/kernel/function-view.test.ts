/** Functions of compiled programs, as their debug information has them: what is read of it, where values are said to be, and that no file harms who reads it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { loadBinaryReader } from '../binary-reader.js';
import { nodeHost } from '../host-node.js';
import { describeType } from '../language/expression/describe.js';
import { memberNames } from '../language/expression/members.js';
import { type Binary, openBinary } from './binary.js';
import { type FunctionView, type PlacedValue, viewFunction } from './function-view.js';

const folder = mkdtempSync(`${tmpdir()}/probepipe-dwarf-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const host = nodeHost();

function compile(name: string, source: string, command: string): Binary {
  const path = `${folder}/${name}`;
  const [compiler = '', ...options] = command.split(' ');
  execFileSync(compiler, [...options, '-shared', '-fPIC', '-o', path, '-'], { input: source, stdio: 'pipe' });
  const binary = openBinary(host, path);
  if (typeof binary === 'string') throw new Error(binary);
  return binary;
}

function view(binary: Binary, name: string): FunctionView {
  const symbol = binary.symbols.find(name);
  if (symbol === undefined) throw new Error(`no ${name}`);
  const found = viewFunction(binary, symbol, 'x86_64');
  if ('missing' in found) throw new Error(found.why);
  return found;
}

const registers = ['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9'];

function placeText({ place }: PlacedValue): string {
  switch (place.in) {
    case 'registers':
      return place.registers.map((each) => registers[each]).join('+');
    case 'leaves':
      return place.leaves.map(({ byteOffset, register }) => `${registers[register]}@${byteOffset}`).join('+');
    case 'stack':
      return `sp+${place.offset}`;
    case 'memory':
      return `*${registers[place.register]}`;
    case 'constant':
      return `= ${place.value}`;
    default:
      return place.in;
  }
}

const shown = ({ parameters, results }: FunctionView): string => {
  const each = (value: PlacedValue): string => `${value.name}: ${describeType(value.type)} ${placeText(value)}`;
  return `(${parameters.map(each).join(', ')})${results.map((value) => ` -> ${describeType(value.type)} ${placeText(value)}`).join('')}`;
};

const source = `
struct pair { int x; long y; };
struct mixed { int x; double y; };
struct floats { float a, b; };
struct large { long a, b, c; };
struct packed { char c; long l; } __attribute__((packed));
struct bits { unsigned a : 3, b : 20; long c; };
enum small { A = -1, B = 2 } __attribute__((packed));
typedef struct pair pair_t;
struct opaque;
long integers(signed char a, unsigned short b, int c, long d, _Bool e, enum small f, int g, char h) { return a + b + c + d + e + f + g + h; }
long pairs(int a, struct pair p, pair_t q, struct pair r) { return a + p.x + q.y + r.y; }
long later(int a, int b, int c, int d, int e, struct pair p, int f) { return a + b + c + d + e + p.x + f; }
long vectors(double a, int b, struct mixed m, float c, struct floats f, int d) { return a + b + m.x + c + f.a + d; }
long memory(struct large l, int a, struct packed p, long double w, __int128 i) { return l.a + a + p.l + w + i; }
struct large returned(int a, struct bits b) { struct large l = { a, b.b, 1 }; return l; }
struct pair back(struct opaque *o, int (*f)(int), const void *v, unsigned char data[4]) { struct pair p = { f(1), (long)o + (long)v + data[0] }; return p; }
void nothing(void) {}
int many(const char *format, ...) { return format[0]; }
`;

const expected = {
  integers:
    '(a: signed char rdi, b: short unsigned int rsi, c: int rdx, d: long int rcx, e: bool r8, f: enum small r9, g: int sp+8, h: char sp+16) -> long int rax',
  pairs: '(a: int rdi, p: struct pair rsi+rdx, q: struct pair rcx+r8, r: struct pair sp+8) -> long int rax',
  later: '(a: int rdi, b: int rsi, c: int rdx, d: int rcx, e: int r8, p: struct pair sp+8, f: int r9) -> long int rax',
  vectors:
    '(a: double vector, b: int rdi, m: struct mixed vector, c: float vector, f: struct floats vector, d: int rdx) -> long int rax',
  memory:
    '(l: struct large sp+8, a: int rdi, p: struct packed sp+32, w: long double sp+56, i: u64[2] rsi+rdx) -> long int rax',
  returned: '(a: int rsi, b: struct bits rdx+rcx) -> struct large *rax',
  back: '(o: user struct opaque * rdi, f: user function * rsi, v: user void * rdx, data: user unsigned char * rcx) -> struct pair rax+rdx',
  nothing: '()',
  many: '(format: user char * rdi) -> int rax',
};

describe('functions of C', () => {
  it.each([
    'gcc -x c -g -O0',
    'gcc -x c -g -O2',
    'gcc -x c -gdwarf-4 -Os',
    'clang -x c -g -O0',
    'clang -x c -gdwarf-4 -O2',
  ])('compiled by %s are called by the psABI', (command) => {
    const binary = compile(command.replaceAll(' ', ''), source, command);
    const found = Object.fromEntries(Object.keys(expected).map((name) => [name, shown(view(binary, name))]));
    // The compilers name base types in different ways.
    const plain = (text: string): string =>
      text.replaceAll('short unsigned int', 'unsigned short').replaceAll('long int', 'long');
    for (const [name, text] of Object.entries(expected))
      expect(`${name}${plain(found[name] ?? '')}`).toBe(`${name}${plain(text)}`);
  });

  it('that the compiler changed are not read by the convention', () => {
    const changed = `
      struct item { int value; long other; };
      static __attribute__((noinline)) int copied(int a, struct item *item, int known) { return a * known + item->value; }
      int outer(int a, struct item *item) { return copied(a, item, 7) + copied(a + 1, item, 7); }`;
    const binary = compile('changed', changed, 'gcc -x c -g -O2');
    const name = [...binary.symbols.names()].find((each) => each.startsWith('copied')) ?? '';
    expect(name).toMatch(/^copied\./);
    expect(shown(view(binary, name))).toMatch(
      /^\(a: int rdi, item: user struct item \* (rsi|optimized), known: int = 7\) -> int rax$/,
    );
  });

  it('have members of every kind', () => {
    const types = `
      struct tree { struct tree *left, *right; unsigned kind : 4; int : 0; union { long number; struct { short low, high; }; };
        char name[12]; int grid[2][3]; const volatile enum color { RED, BLUE = 0x80000000u } color; struct { int inner; } named; char rest[]; };
      int walk(struct tree *t) { return t->grid[1][2]; }`;
    const { parameters } = view(compile('types', types, 'gcc -x c -g'), 'walk');
    const type = parameters[0]?.type;
    const tree = type?.kind === 'pointer' ? type.target : undefined;
    if (tree?.kind !== 'struct') throw new Error('no struct');
    expect(memberNames(tree)).toEqual('left right kind number low high name grid color named rest'.split(' '));
    expect(
      tree.members.map(
        ({ name, bitOffset, bitSize, type: member }) =>
          `${name} ${bitOffset}${bitSize === undefined ? '' : `:${bitSize}`} ${describeType(member)}`,
      ),
    ).toEqual([
      'left 0 user struct tree *',
      'right 64 user struct tree *',
      'kind 128:4 unsigned int',
      ' 192 union {…}',
      'name 256 char[12]',
      'grid 352 int[3][2]',
      'color 544 enum color',
      'named 576 struct {…}',
      'rest 608 char[0]',
    ]);
    const color = tree.members.find(({ name }) => name === 'color')?.type;
    expect(color?.kind === 'enum' && color.enumerators.map(({ name, value }) => `${name} ${value}`)).toEqual([
      'RED 0',
      'BLUE 2147483648',
    ]);
  });
});

describe('functions of C++', () => {
  const classes = `
    #include <memory>
    struct Base { int id; int shadow; };
    struct Plain { int a; int b; };
    struct Copied { int a; Copied(const Copied &); };
    struct Holder { Copied inner; };
    struct Empty {};
    class Derived : public Base { public: int shadow; int method(Plain p, Copied c, Holder h, Empty e, int last); static int count; };
    int Derived::method(Plain p, Copied c, Holder h, Empty e, int last) { return p.a + c.a + h.inner.a + last + id; }
    std::unique_ptr<int> owner(int a) { return std::make_unique<int>(a); }
    int reference(const Base &base, Base &&moved, int Base::*member) { return base.id + moved.id + base.*member; }
    Plain plain(int a) { return { a, a }; }`;

  it.each(['g++ -x c++ -g -O0', 'g++ -x c++ -g -O2', 'clang++ -x c++ -g -O0 -fstandalone-debug'])(
    'compiled by %s',
    (command) => {
      const binary = compile(command.replaceAll(' ', ''), classes, command);
      const of = (name: string): string =>
        shown(view(binary, [...binary.symbols.names()].find((each) => each.includes(name)) ?? name));
      expect(of('6method')).toBe(
        '(this: user struct Derived * rdi, p: struct Plain rsi, c: struct Copied *rdx, h: struct Holder *rcx, e: struct Empty nothing, last: int r8) -> int rax',
      );
      expect(of('5owner').replace(/unique_ptr<.*?> +\*/, 'unique_ptr *')).toBe(
        '(a: int rsi) -> struct unique_ptr *rax',
      );
      expect(of('5plain')).toBe('(a: int rdi) -> struct Plain rax');
      expect(of('9reference')).toMatch(
        /^\(base: user struct Base \* rdi, moved: user struct Base \* rsi, member: .*\) -> int rax$/,
      );
    },
  );

  it('have the members of their base classes, behind their own', () => {
    const binary = compile('bases', classes, 'g++ -x c++ -g');
    const name = [...binary.symbols.names()].find((each) => each.includes('6method')) ?? '';
    const type = view(binary, name).parameters[0]?.type;
    expect(type?.kind === 'pointer' && type.target.kind === 'struct' && memberNames(type.target)).toEqual([
      'shadow',
      'id',
      'shadow',
    ]);
  });
});

describe('broken files', () => {
  const reader = loadBinaryReader();
  if (typeof reader === 'string') throw new Error(reader);
  const whole = (name: string): Buffer => readFileSync(`${folder}/${name}`);

  /** Everything that can be asked of a file. */
  function askAll(path: string): string {
    const binary = openBinary(host, path);
    if (typeof binary === 'string') return 'no binary';
    const debug = binary.debug();
    if ('missing' in debug) return debug.missing;
    const source = debug.types.source(undefined);
    for (const name of [...source.names('struct'), ...source.names('typedef')].slice(0, 20)) {
      const found = source.struct(name) ?? source.named(name);
      if (found?.kind === 'struct') memberNames(found);
      if (found !== undefined) describeType(found);
    }
    for (const name of [...binary.symbols.names()].slice(0, 40)) {
      const symbol = binary.symbols.find(name);
      const found = symbol && viewFunction(binary, symbol, 'x86_64');
      if (found !== undefined && !('missing' in found)) shown(found);
    }
    debug.info.close();
    return 'read';
  }

  it('are read as far as they go, or refused', () => {
    compile('whole', source, 'gcc -x c -g -O2');
    const good = whole('whole');
    const path = `${folder}/broken`;
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return seed % below;
    };
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(good);
      for (let change = random(40); change >= 0; change--) bytes[random(bytes.length)] = random(256);
      writeFileSync(path, round % 5 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
      const outcome = askAll(path);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].sort()).toEqual(expect.arrayContaining(['read']));
    expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(300);
  });

  it('without debug information are refused with an error of their own', () => {
    execFileSync('strip', ['-o', `${folder}/stripped`, `${folder}/whole`]);
    expect(() => reader.openDebugInfo(`${folder}/stripped`)).toThrow(
      expect.objectContaining({ name: 'NativeError', errno: 'ENODATA' }),
    );
    expect(() => reader.openDebugInfo(`${folder}/none`)).toThrow(expect.objectContaining({ errno: 'ENOENT' }));
    expect(() => reader.openDebugInfo(folder)).toThrow(expect.objectContaining({ name: 'NativeError' }));
  });
});
