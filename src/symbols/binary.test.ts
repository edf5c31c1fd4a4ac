import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { bytesOf } from '../kernel/file-bytes.js';
import { Binary } from './binary.js';

const folder = mkdtempSync(join(tmpdir(), 'probepipe-binary-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = `
.text
.global in_assembly
in_assembly:
  nop
  nop
.type local_function, @function
local_function:
  ret
inner_label:
  ret
.size local_function, . - local_function
.global __alias
.weak alias
.type __alias, @function
.type alias, @function
__alias:
alias:
  ret
.size alias, 1
.size __alias, 1
.data
.global variable
.type variable, @object
variable: .quad 1
`;
const path = join(folder, 'libassembly.so');
execFileSync('gcc', ['-x', 'assembler', '-', '-shared', '-nostdlib', '-o', path], { input: source });

/** Where a symbol lies in the file, by nm and the program headers. */
function placeOf(name: string): number {
  const symbols = execFileSync('nm', [path], { encoding: 'utf8' });
  const [, address = ''] = new RegExp(`^([0-9a-f]+) \\w ${name}$`, 'm').exec(symbols) ?? [];
  const headers = execFileSync('readelf', ['-lW', path], { encoding: 'utf8' });
  const [, offset = '', base = ''] = /LOAD\s+0x(\w+) 0x(\w+) .* R E /.exec(headers) ?? [];
  return Number.parseInt(address, 16) - Number.parseInt(base, 16) + Number.parseInt(offset, 16);
}

describe('Binary', () => {
  const binary = Binary.ofBytes(bytesOf(readFileSync(path)));

  it('names code without a type, takes labels for a part of their function, and the plain name of several', () => {
    expect(binary.find(placeOf('in_assembly') + 1)).toEqual({ name: 'in_assembly', offset: 1 });
    expect(binary.find(placeOf('inner_label'))).toEqual({ name: 'local_function', offset: 1 });
    expect(binary.find(placeOf('__alias'))).toEqual({ name: 'alias', offset: 0 });
  });

  it('does not take data for code', () => {
    const names = Array.from({ length: readFileSync(path).length }, (_, at) => binary.find(at)?.name);
    expect(new Set(names)).toEqual(new Set([undefined, 'in_assembly', 'local_function', 'alias']));
  });

  it('knows nothing once it is closed, nor of a file that is none', () => {
    const closed = Binary.ofBytes(bytesOf(readFileSync(path)));
    closed.close();
    expect(closed.find(placeOf('alias'))).toBeUndefined();
    expect(Binary.ofBytes(bytesOf(Buffer.from('#!/bin/sh'))).find(0)).toBeUndefined();
  });

  it('neither throws nor hangs, whatever is changed in a file', () => {
    const good = readFileSync(path);
    const headers = good.length - 64 * 16;
    const place = fc.oneof(fc.nat(500), fc.integer({ min: headers, max: good.length - 1 }), fc.nat(good.length - 1));
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 12 }), fc.nat(), (changes, cut) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        const changed = Binary.ofBytes(bytesOf(cut % 4 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes));
        for (let at = 0; at < good.length; at += 97) {
          const found = changed.find(at);
          expect(Number.isSafeInteger(found?.offset ?? 0)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
