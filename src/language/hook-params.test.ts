// biome-ignore-all lint/suspicious/noTemplateCurlyInString: written as pipelines have it
import { describe, expect, it } from 'vitest';
import { readPipeline } from './read-pipeline.js';

const text = (param: string, attach: string): string =>
  `name: p\nparams:\n  function: ${param}\nprobes:\n  call:\n    attach: ${attach}\n    fields: [pid]\n`;

function hooksOf(yaml: string, sets: readonly { name: string; value: string }[] = []) {
  const { output, diagnostics } = readPipeline({ name: 'p.yaml', text: yaml }, sets);
  const hooks = output?.probes.flatMap(({ attach }) => attach ?? []).flatMap(({ hooks }) => hooks);
  return {
    hooks: hooks?.map(({ kind, target }) => `${kind.value}:${target.text}`),
    problems: diagnostics.map(({ code, message, hints }) => [code, message, ...hints]),
    used: [...(output?.hookParams ?? [])],
  };
}

describe('params in hooks', () => {
  const withDefault = '{ type: string, default: vfs_read }';

  it.each([
    ['a name in a hook', 'call:${param.function}', [], ['call:vfs_read']],
    ['a part of a name', 'call:${ param.function }_iter', [], ['call:vfs_read_iter']],
    ['what is set', 'call:${param.function}', [{ name: 'function', value: 'vfs_write' }], ['call:vfs_write']],
    ['a whole hook', '${param.function}', [{ name: 'function', value: 'ucall:libc:malloc' }], ['ucall:libc:malloc']],
    [
      'hooks in lists',
      '[[call:vfs_open, "call:${param.function}"], call:x]',
      [],
      ['call:vfs_open', 'call:vfs_read', 'call:x'],
    ],
    ['a hook with conditions', '{ hook: "call:${param.function}", where: pid == 1 }', [], ['call:vfs_read']],
  ])('fill in %s', (_, attach, sets, hooks) => {
    expect(hooksOf(text(withDefault, attach), sets)).toEqual({ hooks, problems: [], used: ['function'] });
  });

  it('stand in the sides of a pair', () => {
    const yaml = `name: p\nparams:\n  function: ${withDefault}\nprobes:\n  call:\n    pair: { start: "kprobe:\${param.function}", end: "kretprobe:\${param.function}", key: tid }\n    fields: [pid]\n`;
    const { output, diagnostics } = readPipeline({ name: 'p.yaml', text: yaml }, []);
    expect(diagnostics).toEqual([]);
    const pair = output?.probes[0]?.pair;
    expect([pair?.start, pair?.end].map((side) => side?.[0]?.hooks[0]?.target.text)).toEqual(['vfs_read', 'vfs_read']);
  });

  it.each([
    [
      'that are not there',
      withDefault,
      'call:${param.functoin}',
      ['name-unknown', 'there is no param "functoin"', 'did you mean "function"?'],
    ],
    [
      'that are no texts',
      '{ type: u32, default: 1 }',
      'call:${param.function}',
      ['type-mismatch', 'the param "function" stands in a hook, and is u32, no text', 'give it the type string'],
    ],
    [
      'without a value',
      '{ type: string, required: true }',
      'call:${param.function}',
      [
        'param-missing',
        'the param "function" stands in a hook and has no value',
        'give it a "default", rather than "required": a pipeline is checked without values, too',
        'or set one: --set function=…',
      ],
    ],
  ])('are refused %s', (_, param, attach, problem) => {
    expect(hooksOf(text(param, attach)).problems).toContainEqual(problem);
  });
});
