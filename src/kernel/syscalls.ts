/**
 * System calls: names, numbers and parameters from a table made of a recent kernel (they are part of the kernel's ABI and
 * do not change), and for calls that are newer than the table from the running kernel's own tracepoint formats. Whether
 * a kernel has a call at all is asked of its tracepoints, else of its BTF.
 */
import type { TypeSource } from '../language/type-source.js';
import type { SyscallPrototype } from './kernel.js';
import { syscallTable } from './syscall-table.generated.js';
import type { Tracefs } from './tracefs.js';
import { type FormatField, parseFormat, syscallField, syscallValueType } from './tracepoint-format.js';

type Arch = 'x86_64' | 'arm64';

/** What the C library calls a system call whose kernel function, and so its tracepoint, has another name. */
const familiarNames: Readonly<Record<string, string>> = {
  stat: 'newstat',
  lstat: 'newlstat',
  fstat: 'newfstat',
  uname: 'newuname',
  sendfile: 'sendfile64',
  umount2: 'umount',
};

/** CONFIG_CLONE_BACKWARDS: the last two parameters change places. */
const arm64Parameters: Readonly<Record<string, string>> = {
  clone: 'unsigned long clone_flags;unsigned long newsp;int * parent_tidptr;unsigned long tls;int * child_tidptr',
};

/** The functions behind system calls, which stand in BTF: with parameters, and on x86_64 elsewhere without any. */
const functionPrefixes = { x86_64: ['__x64_sys_', '__do_sys_'], arm64: ['__arm64_sys_'] } as const;

interface TableEntry {
  readonly nr: number;
  /** `int dfd;const char * filename` */
  readonly parameters: string;
}

const tables = new Map<Arch, ReadonlyMap<string, TableEntry>>();

function tableOf(arch: Arch): ReadonlyMap<string, TableEntry> {
  let table = tables.get(arch);
  if (table === undefined) {
    table = readTable(arch);
    tables.set(arch, table);
  }
  return table;
}

function readTable(arch: Arch): Map<string, TableEntry> {
  const table = new Map<string, TableEntry>();
  for (const line of syscallTable.trim().split('\n')) {
    const [, name = '', x86 = '-', arm64 = '-', parameters = ''] = /^(\S+) (\S+) (\S+)(?: (.*))?$/.exec(line) ?? [];
    const nr = arch === 'x86_64' ? x86 : arm64;
    if (nr === '-') continue;
    const own = arch === 'arm64' ? arm64Parameters[name] : undefined;
    table.set(name, { nr: Number(nr), parameters: own ?? parameters });
  }
  return table;
}

export class Syscalls {
  private readonly source: TypeSource;
  private readonly arch: Arch;
  private readonly tracefs: Tracefs | undefined;
  private tracepoints: ReadonlySet<string> | undefined;

  /** `tracefs` only where it describes the same kernel as the types do. */
  constructor(source: TypeSource, arch: Arch, tracefs: Tracefs | undefined) {
    this.source = source;
    this.arch = arch;
    this.tracefs = tracefs;
  }

  /** By the kernel's name or the C library's (`fstat` for `newfstat`); `name` in the answer is the kernel's. */
  find(name: string): SyscallPrototype | undefined {
    return this.findOwn(name) ?? this.findOwn(familiarNames[name] ?? '');
  }

  names(): Iterable<string> {
    if (this.traced.size > 0) return this.traced;
    const known = [...tableOf(this.arch).keys()];
    if (!this.isImplemented('read')) return known;
    // All functions at once: asking for each by name would search the strings some hundred times.
    const functions = new Set(this.source.names('func'));
    return known.filter((name) => functionPrefixes[this.arch].some((prefix) => functions.has(prefix + name)));
  }

  /** The fields of `syscalls:sys_enter_<name>` and `syscalls:sys_exit_<name>`, as every kernel lays them out. */
  tracepointFields(tracepoint: string): readonly FormatField[] | undefined {
    const [, direction, name = ''] = /^sys_(enter|exit)_(\w+)$/.exec(tracepoint) ?? [];
    const entry = tableOf(this.arch).get(name);
    if (entry === undefined || !this.exists(name)) return undefined;
    const number = { name: '__syscall_nr', type: 'int', offset: 8, size: 4, signed: true };
    if (direction === 'exit') return [number, { name: 'ret', type: 'long', offset: 16, size: 8, signed: true }];
    const rest = splitParameters(entry.parameters).map((parameter, at) => {
      return { ...parameter, offset: 16 + at * 8, size: 8, signed: false };
    });
    return [number, ...rest];
  }

  private findOwn(name: string): SyscallPrototype | undefined {
    if (name === '' || !this.exists(name)) return undefined;
    const entry = tableOf(this.arch).get(name);
    if (entry === undefined) return this.fromTracefs(name);
    const parameters = splitParameters(entry.parameters).map((parameter) => {
      return { name: parameter.name, type: syscallValueType(parameter.type, this.source) };
    });
    return { name, nr: entry.nr, parameters };
  }

  private fromTracefs(name: string): SyscallPrototype | undefined {
    const text = this.tracefs?.format('syscalls', `sys_enter_${name}`);
    if (text === undefined) return undefined;
    const fields = parseFormat(text).filter((field) => field.offset >= 16 && field.dynamic === undefined);
    const parameters = fields.map((field) => ({ name: field.name, type: syscallField(field, this.source).type }));
    // A format does not tell the number; what attaches by name never asks for it.
    return { name, nr: -1, parameters };
  }

  private exists(name: string): boolean {
    if (this.traced.size > 0) return this.traced.has(name);
    // BTF without any such function says nothing (it was made without functions, or the kernel names them otherwise).
    return this.isImplemented(name) || (!this.isImplemented('read') && tableOf(this.arch).has(name));
  }

  /** A call that was left out of the kernel has a weak stub of the same name, so this may say yes where attaching then fails. */
  private isImplemented(name: string): boolean {
    return functionPrefixes[this.arch].some((prefix) => this.source.func(prefix + name) !== undefined);
  }

  /** Names of the calls that have tracepoints; empty where that cannot be known. */
  private get traced(): ReadonlySet<string> {
    this.tracepoints ??= new Set(
      (this.tracefs?.names() ?? []).flatMap((each) => /^syscalls:sys_enter_(\w+)$/.exec(each)?.[1] ?? []),
    );
    return this.tracepoints;
  }
}

function splitParameters(text: string): { readonly name: string; readonly type: string }[] {
  if (text === '') return [];
  return text.split(';').map((each) => {
    const [, type = '', name = ''] = /^(.*?)\s*(\w+)$/.exec(each) ?? [];
    return { name, type };
  });
}
