/** Structs that a pipeline declares, in programs with and without debug information, and of several versions of Go. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { diagnosticsText } from '../../test/support/diagnostics-text.js';
import { hasGo } from '../../test/support/programs.js';
import { nodeHost } from '../host-node.js';
import { generateSource } from '../pipeline.js';

const folder = mkdtempSync(`${tmpdir()}/probepipe-declared-structs-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fixtures = fileURLToPath(new URL('../../test/kernel/fixtures/', import.meta.url));
const functions = `${folder}/functions`;
execFileSync('gcc', ['-g', '-O1', '-o', functions, `${fixtures}functions.c`]);
execFileSync('strip', ['--strip-debug', '-o', `${folder}/plain`, functions]);
const host = nodeHost();

const yaml = (structs: string, hook: string, fields: string, signature = '(item: struct item *)'): string =>
  `structs:\n${structs}probes:\n  p:\n    attach: "${hook}"\n    signature: "${signature}"\n    fields:\n      - x: ${fields}\n`;
const told = (...parts: Parameters<typeof yaml>): string =>
  diagnosticsText(yaml(...parts), host).replaceAll(folder, '…');

/** The offsets that its programs read, in the C. */
function offsetsIn(...parts: Parameters<typeof yaml>): number[] {
  const { output, diagnostics } = generateSource({ name: 'p.yaml', text: yaml(...parts) }, host, { sets: [] });
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return [...(output?.c ?? '').matchAll(/ \+ ([0-9]+)/g)].map(([, offset]) => Number(offset));
}

const item = `  item:
    members:
      next: { offset: 16, type: struct item * }
      far: { offset: 4000, type: u32 }
`;

describe('structs of a pipeline', () => {
  it('stand for memory of a program that says nothing of its own', () => {
    expect(told(item, `uprobe:${folder}/plain:walk`, 'args.item.next.next.far')).toBe('');
    expect(offsetsIn(item, `uprobe:${folder}/plain:walk`, 'args.item.far')).toContain(4000);
  });

  it('are left aside where the program has debug information', () => {
    expect(told(item, `uprobe:${functions}:walk`, 'args.item.far')).toContain('struct item has no member "far"');
    expect(told(item, `uprobe:${functions}:walk`, 'args.item.inner.color')).toBe('');
  });

  it('are found there by the name that it has for them', () => {
    const renamed = item
      .replace('  item:\n', '  thing:\n    debug_name: item\n')
      .replace('struct item', 'struct thing');
    const signature = '(item: struct thing *)';
    expect(told(renamed, `uprobe:${functions}:walk`, 'args.item.inner.color', signature)).toBe('');
    expect(told(renamed, `uprobe:${folder}/plain:walk`, 'args.item.next.far', signature)).toBe('');
  });

  it('are named in casts of any hook', () => {
    const cast = `structs:\n${item}probes:\n  p:\n    attach: tp_btf:sched_switch\n    fields:\n      - x: (args.prev as u64 as user struct item *).far\n`;
    expect(diagnosticsText(cast, host)).toBe('');
  });

  it('are told of where nothing uses them, and those are used that others lead to', () => {
    const both = `${item}  idle:\n    members:\n      x: { offset: 0, type: u32 }\n  led:\n    members:\n      x: { offset: 0, type: struct item * }\n`;
    expect(told(both, `uprobe:${folder}/plain:walk`, 'args.item.far')).toBe(
      'unused: the struct "idle" is never used\nunused: the struct "led" is never used\n',
    );
    expect(told(both, `uprobe:${folder}/plain:walk`, 'args.item.x', '(item: struct led *)')).toBe(
      'unused: the struct "idle" is never used\n',
    );
  });

  it('that are texts are read to their length', () => {
    const text = `  ngx_str_t:\n    members:\n      len: { offset: 0, type: u64 }\n      data: { offset: 8, type: char * }\n    text: { pointer: data, length: len }\n  item:\n    members:\n      name: { offset: 24, type: struct ngx_str_t }\n`;
    expect(told(text, `uprobe:${folder}/plain:walk`, 'args.item.name')).toBe('');
  });
});

describe.skipIf(!hasGo)('offsets by version of Go (needs go)', () => {
  const built = `${folder}/server`;
  const versions = `  request:\n    debug_name: main.Nothing\n    members:\n      query: { offset: { go1.18: 96, go1.26: 88 }, type: u64 }\n`;

  /** A program of Go 1.19 that says that it is of another version, of as many letters. */
  function ofVersion(version: string): string {
    if (hasGo) {
      const env = { ...process.env, GO111MODULE: 'off', GOCACHE: `${folder}/go-cache`, HOME: folder };
      execFileSync('go', ['build', '-ldflags=-s -w', '-o', built, `${fixtures}server.go`], { stdio: 'pipe', env });
    }
    const bytes = readFileSync(built);
    const at = bytes.indexOf('\xff Go buildinf:', 0, 'latin1') + 32;
    const length = bytes[at] ?? 0;
    bytes.write(version.padEnd(length), at + 1, 'latin1');
    const path = `${folder}/${version}`;
    writeFileSync(path, bytes);
    return path;
  }

  it.each([
    ['go1.18.1', 96],
    ['go1.25.9', 96],
    ['go1.26.1', 88],
    ['go1.99', 88],
    ['devel', 88],
  ])('%s has it at %i', { timeout: 60_000 }, (version, offset) => {
    const hook = `uprobe:${ofVersion(version)}:main.main`;
    expect(offsetsIn(versions, hook, 'args.r.query', '(r: struct request *)')).toContain(offset);
  });

  it('are not guessed for what is older, or no Go program', { timeout: 60_000 }, () => {
    const signature = '(r: struct request *)';
    expect(told(versions, `uprobe:${ofVersion('go1.17.9')}:main.main`, 'args.r.query', signature)).toBe(
      `member-unknown: where "query" of struct request is cannot be told: "…/go1.17.9" was built by Go 1.17, and its offset is given from Go 1.18 on\n  add its offset to "structs"\n`,
    );
    expect(told(versions, `uprobe:${folder}/plain:walk`, 'args.r.query', signature)).toBe(
      `member-unknown: where "query" of struct request is cannot be told: its offset is given by versions of Go, and "…/plain" is no Go program\n  add its offset to "structs"\n`,
    );
  });
});
