/**
 * Random pipelines over real hooks of this kernel: their arguments and members, by their types, in expressions, filters, lets, maps of every kind and fields. What the checker
 * accepts of them must compile and load.
 */
import fc, { type GeneratorValue } from 'fast-check';
import { nodeHost } from '../../src/host-node.js';
import { openKernel } from '../../src/kernel/btf-kernel.js';
import { integerShape } from '../../src/language/expression/fit.js';
import type { Type } from '../../src/language/types.js';
import { located } from './located-text.js';
import { resolve } from './resolved-hook.js';

interface Hook {
  readonly text: string;
  readonly signature?: string;
  readonly args: readonly { readonly name: string; readonly type: Type }[];
  readonly call: boolean;
}

const hookTexts: readonly (readonly [text: string, signature?: string])[] = [
  ['tp_btf:sched_switch'],
  ['tp_btf:sched_wakeup'],
  ['tp_btf:sched_process_exec'],
  ['tp_btf:sched_process_exit'],
  ['tp_btf:sched_process_fork'],
  ['tp_btf:inet_sock_set_state'],
  ['tp_btf:tcp_probe'],
  ['tp_btf:block_rq_issue'],
  ['tp_btf:kmem_cache_alloc'],
  ['tp_btf:softirq_entry'],
  ['tp_btf:sys_enter'],
  ['raw_tracepoint:sched_switch'],
  ['raw_tracepoint:kfree_skb'],
  ['tracepoint:sched:sched_switch'],
  ['tracepoint:sched:sched_process_exec'],
  ['tracepoint:sock:inet_sock_set_state'],
  ['tracepoint:syscalls:sys_enter_openat'],
  ['tracepoint:syscalls:sys_exit_read'],
  ['syscall:openat'],
  ['syscall:read'],
  ['syscall:clock_nanosleep'],
  ['uprobe:libc:malloc', '(size: size_t)'],
  ['ucall:libc:getenv', '(name: char *) -> char *'],
  ['uretprobe:libc:malloc', '(size: size_t) -> void *'],
  ['interval:10s'],
  ['profile:1hz'],
];

let hooks: readonly Hook[] | undefined;

/** Those that this kernel has. */
export function randomHooks(tracefs: string | undefined): readonly Hook[] {
  hooks ??= hookTexts.flatMap(([text, signature]): Hook[] => {
    const host = nodeHost();
    const kernel = openKernel(host, tracefs === undefined ? {} : { tracefs }).output;
    if (kernel === undefined) return [];
    const { ways } = resolve(text, { kernel, host, ...(signature === undefined ? {} : { signature }) });
    const first = ways?.[0]?.[0];
    if (first === undefined) return [];
    const { args } = first.entry ?? first.main;
    const { span } = located('x');
    const given = 'missing' in args ? [] : args.value.names();
    const typed = given.flatMap((name) => {
      const type = 'missing' in args ? undefined : args.value.get(name)?.(span).type;
      return type === undefined ? [] : [{ name, type }];
    });
    return [{ text, args: typed, call: first.entry !== undefined, ...(signature === undefined ? {} : { signature }) }];
  });
  return hooks;
}

const deepestPath = 4;

/** Writes one pipeline by the choices that fast-check makes. */
class Writer {
  private readonly maps: string[] = [];
  private readonly lets: string[] = [];
  private hook: Hook = { text: '', args: [], call: false };
  private made = 0;

  constructor(
    private readonly choose: (below: number) => number,
    private readonly all: readonly Hook[],
  ) {}

  pipeline(probes: number): string {
    const written = Array.from({ length: probes }, (_, index) => this.probe(index));
    const params = [
      '  level: { type: u32, default: 7 }',
      '  name: { type: comm, default: bash }',
      '  deep: { type: i64, default: -3 }',
    ];
    const use =
      '  used:\n    attach: interval:1h\n    where: param.level > 1 and param.deep < 3 and comm != param.name\n    fields: [cpu]\n';
    const maps = this.maps.length === 0 ? '' : `maps:\n${this.maps.join('')}`;
    return `params:\n${params.join('\n')}\n${maps}probes:\n${written.join('')}${use}`;
  }

  private one<Item>(items: readonly Item[]): Item {
    const item = items[this.choose(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }

  private chance(outOf: number): boolean {
    return this.choose(outOf) === 0;
  }

  private probe(index: number): string {
    this.hook = this.one(this.all);
    this.lets.length = 0;
    const lines = [`  p${index}:`, `    attach: ${this.hook.text}`];
    if (this.hook.signature !== undefined) lines.push(`    signature: ${JSON.stringify(this.hook.signature)}`);
    const lets: string[] = [];
    for (let count = this.choose(3); count > 0; count--) {
      const name = `l${this.made++}`;
      lets.push(`      ${name}: ${quoted(this.number(2))}`);
      this.lets.push(name);
    }
    if (!this.chance(3)) lines.push(`    where: ${quoted(this.condition(2))}`);
    const body: string[] = [];
    for (let count = this.choose(3); count > 0; count--) body.push(this.update());
    const fields = Array.from({ length: 1 + this.choose(5) }, (_, at) => `      - f${at}: ${quoted(this.field())}`);
    const used = this.lets.map((name) => `      - ${name}`);
    if (lets.length > 0) lines.push('    let:', ...lets);
    if (body.length > 0) lines.push('    update:', ...body);
    lines.push('    fields:', ...fields, ...used);
    return `${lines.join('\n')}\n`;
  }

  private update(): string {
    const name = `m${this.made++}`;
    const type = this.one(['hash', 'lru_hash', 'percpu_hash', 'lru_percpu_hash', 'array', 'percpu_array']);
    const array = type.endsWith('array');
    const value = this.one([
      'count',
      'sum',
      'min',
      'max',
      'avg',
      'stats',
      'hist',
      'lhist',
      'bhist',
      'u64',
      'string(20)',
      'members',
    ]);
    const perCpu = type.includes('percpu') ? '' : this.chance(4) ? ', every: 1h, reset: true' : '';
    const declared = value === 'members' ? '{ n: count, s: sum, last: u64 }' : value;
    this.maps.push(`  ${name}: { type: ${type}, value: ${declared}, max_entries: ${1 + this.choose(64)}${perCpu} }\n`);
    const parts = Array.from({ length: 1 + this.choose(3) }, () => (this.chance(4) ? this.text(1) : this.number(1)));
    const key = array ? '(cpu % 2) as u32' : parts.join(', ');
    const amount = this.number(2);
    const member = value === 'members' ? this.one(['n', 's', 'last']) : undefined;
    const operation = (held: string): string => {
      switch (held) {
        case 'count':
          return 'count()';
        case 'lhist':
          return `lhist(${amount}, 0, 100, 10)`;
        case 'bhist':
          // Bounds of times are times.
          return `bhist((${amount}) as ${this.one(['u64', 'i64'])}, 1, 10, 1000)`;
        case 'u64':
          return `(${amount}) as u64`;
        case 'string(20)':
          return this.chance(2) ? 'comm' : '"constant"';
        default:
          return `${held}(${amount})`;
      }
    };
    const target = `${name}[${key}]${member === undefined ? '' : `.${member}`}`;
    const held = member === undefined ? value : { n: 'count', s: 'sum', last: 'u64' }[member];
    return `      ${quoted(target)}: ${quoted(operation(held ?? 'count'))}`;
  }

  private field(): string {
    switch (this.choose(8)) {
      case 0:
        return this.text(2);
      case 1:
        return this.condition(2);
      case 2:
        return this.one(['time', 'comm', 'pid', 'cgroup', 'kstack(3)', 'ustack(2)', 'user(uid)', 'hook.name', 'probe']);
      case 3:
        return this.hook.call ? this.one(['duration', 'retval']) : 'now';
      default:
        return this.number(3);
    }
  }

  private condition(depth: number): string {
    if (depth > 0 && this.chance(2)) {
      const joined = `${this.condition(depth - 1)} ${this.one(['and', 'or'])} ${this.condition(depth - 1)}`;
      return this.chance(3) ? `not (${joined})` : `(${joined})`;
    }
    switch (this.choose(5)) {
      case 0:
        return `comm ${this.one(['==', '!='])} ${this.one(['"bash"', 'param.name', '"a-longer-name"'])}`;
      case 1:
        return `${this.one(['starts_with', 'ends_with', 'contains'])}(${this.text(0)}, ${this.one(['"a"', '"lib"', '""'])})`;
      case 2:
        return `(${this.number(depth)}) in [${this.choose(9)}, ${this.choose(999)}]`;
      default: {
        const as = this.one(['u64', 'i64', 'u32', 'i32']);
        const operator = this.one(['==', '!=', '<', '<=', '>', '>=']);
        return `(${this.number(depth)}) as ${as} ${operator} (${this.number(depth)}) as ${as}`;
      }
    }
  }

  private number(depth: number): string {
    if (depth > 0 && !this.chance(3)) {
      const [a, b] = [this.number(depth - 1), this.number(depth - 1)];
      switch (this.choose(9)) {
        case 0:
          return `(${a} ${this.one(['<<', '>>'])} ${this.choose(64)})`;
        case 1:
          return `if(${this.condition(depth - 1)}, (${a}) as i64, (${b}) as i64)`;
        case 2:
          return `${this.one(['min', 'max'])}((${a}) as u64, (${b}) as u64)`;
        case 3:
          return `${this.one(['abs', 'log2'])}((${a}) as i64)`;
        case 4:
          return `(-((${a}) as i64))`;
        case 5:
          return `(~((${a}) as u64))`;
        default:
          return `((${a}) as u64 ${this.one(['+', '-', '*', '/', '%', '&', '|', '^'])} (${b}) as u64)`;
      }
    }
    const leaves = [
      'pid',
      'tid',
      'uid',
      'cpu',
      'now',
      'ppid',
      'param.level',
      'param.deep',
      String(this.choose(100000)),
      '10ms',
      ...this.lets,
    ];
    const own = this.hook.args.flatMap(
      ({ name, type }) => this.path(`args.${name}`, type, deepestPath, isNumber)?.text ?? [],
    );
    return this.one(own.length > 0 && !this.chance(3) ? own : leaves);
  }

  private text(depth: number): string {
    if (depth > 0 && this.chance(3)) return `if(${this.condition(depth - 1)}, ${this.text(0)}, ${this.text(0)})`;
    const own = this.hook.args.flatMap(({ name, type }) => {
      const found = this.path(`args.${name}`, type, deepestPath, isText);
      if (found === undefined) return [];
      return [found.pointer ? `str(${found.text}, ${1 + this.choose(200)})` : found.text];
    });
    return this.one([...own, 'comm', '"literal"']);
  }

  /** A chain of members that ends in what is wanted, if this walk meets one. */
  private path(text: string, type: Type, depth: number, wanted: (type: Type) => boolean): Path | undefined {
    if (wanted(type)) return { text, pointer: type.kind === 'pointer' };
    const target = type.kind === 'pointer' ? type.target : type;
    if (depth === 0 || target.kind !== 'struct') return undefined;
    const named = target.members.filter((each) => /^[A-Za-z_]\w*$/.test(each.name));
    for (let tries = 0; tries < 3 && named.length > 0; tries++) {
      const member = this.one(named);
      const found = this.path(`${text}.${member.name}`, member.type, depth - 1, wanted);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

interface Path {
  readonly text: string;
  readonly pointer: boolean;
}

const isNumber = (type: Type): boolean => integerShape(type) !== undefined;

function isText(type: Type): boolean {
  const element =
    type.kind === 'pointer' ? type.target : type.kind === 'array' && type.count > 1 ? type.element : undefined;
  return element?.kind === 'int' && element.char === true;
}

/** Single quotes take everything that an expression may hold. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** YAML of `probes` random probes each. */
export function randomPipelines(all: readonly Hook[], probes: number): fc.Arbitrary<string> {
  return fc.gen().map((generate: GeneratorValue) => {
    const choose = (below: number): number => generate(fc.nat, { max: below - 1 });
    return new Writer(choose, all).pipeline(probes);
  });
}
