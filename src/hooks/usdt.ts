/**
 * `usdt:BINARY:PROVIDER:NAME`: a probe that a program's authors have put into it (`<sys/sdt.h>`). It costs the program one `nop` until it is watched. What its arguments are and where they
 * lie stands in notes of the binary, for each place of the probe apart, so each place gets a program of its own, with reads that need no table at run time.
 */
import { didYouMean, didYouMeanOneOf } from '../diagnostics/suggest.js';
import { type ElfFile, readElf } from '../kernel/elf.js';
import { variableAddress } from '../kernel/elf-symbols.js';
import { fileBytes } from '../kernel/file-bytes.js';
import { findBinary } from '../kernel/libraries.js';
import { type UsdtProbe, usdtProbes } from '../kernel/usdt-notes.js';
import { type UsdtArgument, usdtArguments } from '../kernel/usdt-operands.js';
import type { ArgumentList } from '../language/expression/scope.js';
import type { FunctionType, IntType, Type } from '../language/types.js';
import { contextValue } from './arguments.js';
import {
  type Attachment,
  type Candidates,
  type HookKind,
  type HookSpec,
  noRetval,
  type ResolveContext,
} from './hook.js';
import { parseSignature } from './signature.js';

/** EM_* of what the kernel runs. */
const machines = { x86_64: 62, arm64: 183 } as const;

export const usdtHook: HookKind = {
  kind: 'usdt',
  target: 'BINARY:PROVIDER:NAME',
  description: 'a probe that the authors of a program or library have put into it',
  candidates: probeCandidates,
  inBinaries: true,
  resolve(hook, context) {
    const found = findProbe(hook, context);
    if (found === undefined) return undefined;
    const { signature, structs, kernel, sink } = context;
    const types = structs?.beside(() => undefined, { path: found.path })?.() ?? kernel;
    const declared = signature === undefined ? undefined : parseSignature(signature, types, sink);
    if (signature !== undefined && declared === undefined) return undefined;
    const { elf, probe, path } = found;
    const places = probe.places.map(({ operands, address }) =>
      usdtArguments(operands, {
        machine: elf.machine,
        address,
        addressOf: (symbol) => variableAddress(elf, symbol),
      }),
    );
    const count = Math.min(...places.map((each) => each.length));
    if (signature !== undefined && declared !== undefined && declared.parameters.length > count) {
      sink.add(
        'signature',
        `"${probe.provider}:${probe.name}" has ${argumentsText(count)}, not ${declared.parameters.length}`,
        signature.span,
      );
      return undefined;
    }
    const owner = `${found.binary}:${probe.provider}:${probe.name}`;
    const argumentTypes = Array.from({ length: count }, (_, index) => commonType(places.map((each) => each[index])));
    return [
      probe.places.map((place, index): Attachment => {
        return {
          label: `usdt:${owner}`,
          main: {
            mechanism: 'uprobe',
            section: 'uprobe',
            target: path,
            offset: place.fileOffset,
            symbol: `${probe.provider}:${probe.name}`,
            ...(place.semaphore === undefined ? {} : { semaphore: place.semaphore }),
            args: { value: listOf(owner, places[index] ?? [], argumentTypes, declared) },
            retval: noRetval('a probe inside a program returns nothing'),
          },
        };
      }),
    ];
  },
};

interface Found {
  readonly path: string;
  /** As the user wrote it, for labels. */
  readonly binary: string;
  readonly elf: ElfFile;
  readonly probe: UsdtProbe;
}

function findProbe(hook: HookSpec, { kernel, host, sink }: ResolveContext): Found | undefined {
  const text = hook.target.text.trim();
  const [, binary = '', provider = '', name = ''] = /^(.+):([^:]+):([^:]+)$/.exec(text) ?? [];
  if (binary === '') {
    sink.add('hook-target', `"${text}" is not BINARY:PROVIDER:NAME`, hook.target.span, {
      hints: ['write usdt:python3:python:function__entry or usdt:/usr/bin/node:node:gc__start'],
    });
    return undefined;
  }
  const file = findBinary(host, binary);
  if ('missing' in file) {
    sink.add('hook-not-found', file.missing, hook.target.span, {
      hints: didYouMeanOneOf(file.near),
    });
    return undefined;
  }
  const elf = readElf(fileBytes(host, file.path));
  const wrong = typeof elf === 'string' ? elf : otherMachine(elf, kernel.arch);
  if (typeof elf === 'string' || wrong !== undefined) {
    sink.add('hook-not-found', `"${file.path}" cannot be probed: ${wrong}`, hook.target.span, {
      hints: typeof elf === 'string' ? ['name the program itself by its path, not a script that starts it'] : [],
    });
    return undefined;
  }
  const probes = usdtProbes(elf);
  const probe = probes.find((each) => each.provider === provider && each.name === name);
  if (probe !== undefined) return { path: file.path, binary, elf, probe };
  if (probes.length === 0) {
    sink.add('hook-not-found', `"${file.path}" has no USDT probes`, hook.target.span, {
      hints: ['it may have been built without them, or they may be in a library that it loads'],
    });
    return undefined;
  }
  sink.add('hook-not-found', `"${file.path}" has no probe "${provider}:${name}"`, hook.target.span, {
    hints: nearProbes(provider, name, probes),
  });
  return undefined;
}

/** `python3:python:gc__start` for each probe of the binary. */
function probeCandidates(hook: HookSpec, { host, sink }: ResolveContext): Candidates | undefined {
  const text = hook.target.text.trim();
  const binary = /^([^:*?]+):/.exec(text)?.[1];
  if (binary === undefined) {
    sink.add('hook-target', `"${text}" names no binary: a pattern stands for its probes`, hook.target.span, {
      hints: [`write usdt:python3:python:*`],
    });
    return undefined;
  }
  const file = findBinary(host, binary);
  const elf = 'missing' in file ? file.missing : readElf(fileBytes(host, file.path));
  if (typeof elf === 'string') {
    sink.add('hook-not-found', elf, hook.target.span);
    return undefined;
  }
  return { names: usdtProbes(elf).map(({ provider, name }) => `${binary}:${provider}:${name}`) };
}

function otherMachine(elf: ElfFile, arch: ResolveContext['kernel']['arch']): string | undefined {
  return elf.machine === machines[arch] ? undefined : `it is built for another processor than ${arch}`;
}

const mostListed = 8;

function nearProbes(provider: string, name: string, probes: readonly UsdtProbe[]): string[] {
  const all = probes.map((each) => `${each.provider}:${each.name}`).sort();
  // `gc-start` and `gc_start` are how C and other tools spell gc__start.
  const spelt = `${provider}:${name}`.replace(/-|(?<!_)_(?!_)/g, '__');
  if (all.includes(spelt)) return [`did you mean "${spelt}"?`];
  const near = didYouMean(`${provider}:${name}`, all);
  if (near.length > 0) return near;
  const more = all.length > mostListed ? `, and ${all.length - mostListed} more` : '';
  return [`it has ${all.slice(0, mostListed).join(', ')}${more}`];
}

const argumentsText = (count: number): string => (count === 1 ? '1 argument' : `${count} arguments`);

/** One type that holds the argument's values in all places of the probe; a text where one of them cannot be read. */
function commonType(places: readonly (UsdtArgument | string | undefined)[]): IntType | string {
  let common: IntType | undefined;
  for (const each of places) {
    if (each === undefined) return 'not every place of the probe has it';
    if (typeof each === 'string') return each;
    common = common === undefined ? { kind: 'int', bits: each.bits, signed: each.signed } : widened(common, each);
  }
  return common ?? 'it has no place';
}

function widened(type: IntType, { bits, signed }: UsdtArgument): IntType {
  if (type.signed === signed) return { ...type, bits: bits > type.bits ? bits : type.bits };
  const unsigned = signed ? type.bits : bits;
  const other = signed ? bits : type.bits;
  // A signed type must be wider than the unsigned one to hold its values; at 64 bits there is none, and bits are kept.
  return {
    kind: 'int',
    bits: other > unsigned ? other : unsigned === 8 ? 16 : unsigned === 16 ? 32 : 64,
    signed: true,
  };
}

function listOf(
  owner: string,
  place: readonly (UsdtArgument | string)[],
  types: readonly (IntType | string)[],
  declared: FunctionType | undefined,
): ArgumentList {
  const names = declared?.parameters.map((each) => each.name) ?? types.map((_, index) => String(index));
  const indexOf = (name: string): number => {
    const byName = names.indexOf(name);
    return byName >= 0 ? byName : /^\d+$/.test(name) ? Number(name) : -1;
  };
  return {
    owner,
    names: () => names,
    unreadable: (name) => {
      const type = types[indexOf(name)];
      return typeof type === 'string' ? type : undefined;
    },
    get: (name) => {
      const index = indexOf(name);
      const [argument, common] = [place[index], types[index]];
      if (typeof argument !== 'object' || typeof common !== 'object') return undefined;
      const type: Type = declared?.parameters[index]?.type ?? common;
      return (span) => contextValue(type, { via: 'operand', ...argument }, span);
    },
  };
}
