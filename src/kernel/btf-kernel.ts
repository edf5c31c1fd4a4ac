/**
 * What a kernel offers, as types and names. In: a host, and where the types come from (the running kernel's BTF, or a
 * file). Out: a `Kernel`, which reads further files only when it is asked for what they hold: modules' BTF for names that
 * vmlinux lacks, tracefs for tracepoint formats, the symbol table for function names. Refused: a host or file without BTF
 * (`btf-missing`, `file-missing`), and BTF that cannot be read (`btf-format`). Needs neither root nor the native addon;
 * without root tracefs cannot be read as a rule, and then formats are made from BTF as far as it has them.
 */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { StageResult } from '../diagnostics/diagnostic.js';
import type { Host } from '../host.js';
import type { TypeNameKind } from '../language/type-source.js';
import type { EnumType, FunctionType, StructType, Type } from '../language/types.js';
import { readBtfFile, runningKernelBtf } from './btf-file.js';
import { BtfModules } from './btf-modules.js';
import { type BtfSource, openBtf } from './btf-reader.js';
import { define, defineNames } from './defines.js';
import { type FunctionNames, functionNames } from './function-names.js';
import type { Kernel, SyscallPrototype, TracepointFormat } from './kernel.js';
import { runningKernelIdentity } from './kernel-identity.js';
import { kernelSymbols } from './kernel-symbols.js';
import { rawTracepoint, rawTracepointNames } from './raw-tracepoints.js';
import { Syscalls } from './syscalls.js';
import { openTracefs, type Tracefs } from './tracefs.js';
import { formatOf, formatOfStruct, syscallField } from './tracepoint-format.js';

export interface KernelOptions {
  /** Raw BTF or an ELF file with a `.BTF` section; the running kernel's where it is missing. */
  readonly btfFile?: string;
  /**
   * Where tracefs is mounted; the usual places where it is missing. With a `btfFile` of its own a pipeline is checked for
   * another kernel, and then no tracefs is read unless it is given here.
   */
  readonly tracefs?: string;
}

export function openKernel(host: Host, options: KernelOptions = {}): StageResult<Kernel> {
  const path = options.btfFile ?? runningKernelBtf;
  const bytes = readBtfFile(host, path);
  if (!(bytes instanceof Uint8Array)) return { diagnostics: [bytes] };
  const running = path === runningKernelBtf;
  const opened = openBtf(bytes, { label: running ? 'the kernel’s BTF' : `the BTF in "${path}"` });
  if (opened.output === undefined) return { diagnostics: opened.diagnostics };
  const tracefs = running || options.tracefs !== undefined ? openTracefs(host, options.tracefs) : undefined;
  return { output: new BtfKernel(host, opened.output, bytes, { running, tracefs }), diagnostics: [] };
}

interface Surroundings {
  /** Whether the types are the running kernel's, so that its modules, symbols and notes belong to them. */
  readonly running: boolean;
  readonly tracefs: Tracefs | undefined;
}

class BtfKernel implements Kernel {
  readonly label: string;
  readonly arch: Kernel['arch'];
  readonly tracepointsReadable: boolean;
  private readonly host: Host;
  private readonly vmlinux: BtfSource;
  private readonly bytes: Uint8Array;
  private readonly running: boolean;
  private readonly tracefs: Tracefs | undefined;
  private readonly modules: BtfModules | undefined;
  private readonly syscalls: Syscalls;
  private symbols: ReadonlySet<string> | undefined;
  private functionsFound: FunctionNames | undefined;
  private identityFound: string | undefined;

  constructor(host: Host, vmlinux: BtfSource, bytes: Uint8Array, { running, tracefs }: Surroundings) {
    this.host = host;
    this.vmlinux = vmlinux;
    this.bytes = bytes;
    this.running = running;
    this.tracefs = tracefs;
    this.label = vmlinux.label;
    this.modules = running ? new BtfModules(host, dirname(runningKernelBtf), vmlinux) : undefined;
    this.tracepointsReadable = tracefs !== undefined;
    this.arch = running ? host.arch : archOf(vmlinux);
    this.syscalls = new Syscalls(vmlinux, this.arch, tracefs);
  }

  struct(name: string): StructType | undefined {
    return this.anywhere((source) => source.struct(name));
  }

  union(name: string): StructType | undefined {
    return this.anywhere((source) => source.union(name));
  }

  enumeration(name: string): EnumType | undefined {
    return this.anywhere((source) => source.enumeration(name));
  }

  named(name: string): Type | undefined {
    return this.anywhere((source) => source.named(name));
  }

  func(name: string): FunctionType | undefined {
    return this.anywhere((source) => source.func(name));
  }

  enumerator(name: string): { readonly value: bigint; readonly type: EnumType } | undefined {
    const found = this.vmlinux.enumerator(name);
    // Many a name that is asked for here is a #define: no module is opened for that.
    if (found !== undefined || this.define(name) !== undefined) return found;
    return this.modules?.first((module) => module.enumerator(name));
  }

  *names(kind: TypeNameKind): Iterable<string> {
    yield* this.vmlinux.names(kind);
    for (const module of this.modules?.all() ?? []) yield* module.names(kind);
  }

  rawTracepoint(name: string): FunctionType | undefined {
    return this.anywhere((source) => rawTracepoint(source, name));
  }

  rawTracepointNames(): Iterable<string> {
    const sources = [this.vmlinux, ...(this.modules?.all() ?? [])];
    return new Set(sources.flatMap((source) => [...rawTracepointNames(source)]));
  }

  tracepoint(category: string, name: string): TracepointFormat | undefined {
    if (this.tracefs !== undefined) {
      const text = this.tracefs.format(category, name);
      return text === undefined ? undefined : formatOf(category, name, text, this);
    }
    if (category === 'syscalls') {
      const fields = this.syscalls.tracepointFields(name);
      return fields && { category, name, fields: fields.map((field) => syscallField(field, this)) };
    }
    const struct = this.struct(`trace_event_raw_${name}`);
    return struct && formatOfStruct(category, name, struct);
  }

  /** Empty where tracefs cannot be read: BTF does not tell a tracepoint's category. */
  tracepointNames(): Iterable<string> {
    return this.tracefs?.names() ?? [];
  }

  syscall(name: string): SyscallPrototype | undefined {
    return this.syscalls.find(name);
  }

  syscallNames(): Iterable<string> {
    return this.syscalls.names();
  }

  hasFunctionSymbol(name: string): boolean {
    if (!this.running) return this.func(name) !== undefined;
    this.symbols ??= kernelSymbols(this.host);
    return this.symbols.has(name);
  }

  functions(): FunctionNames {
    this.functionsFound ??= this.running
      ? functionNames(this.host, this.tracefs)
      : { probed: [...new Set(this.names('func'))].sort(), unfit: [] };
    return this.functionsFound;
  }

  define(name: string): bigint | undefined {
    return define(name, this.arch);
  }

  defineNames(): Iterable<string> {
    return defineNames();
  }

  get identity(): string {
    this.identityFound ??=
      (this.running ? runningKernelIdentity(this.host) : undefined) ??
      createHash('sha256').update(this.bytes).digest('hex').slice(0, 32);
    return this.identityFound;
  }

  private anywhere<Found>(ask: (source: BtfSource) => Found | undefined): Found | undefined {
    return ask(this.vmlinux) ?? this.modules?.first(ask);
  }
}

/** Only arm64 has this struct. */
function archOf(source: BtfSource): Kernel['arch'] {
  return source.struct('user_pt_regs') === undefined ? 'x86_64' : 'arm64';
}
