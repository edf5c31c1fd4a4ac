import { describe, expect, it } from 'vitest';
import { directLines, markTemplate, yamlLineMark } from './line-directives.js';

describe('line directives', () => {
  it('lead every line of C that stands for YAML to its line, and the others to the C', () => {
    const marked = [
      'int a;',
      `b(); ${yamlLineMark(7)}`,
      `c(); ${yamlLineMark(8)}`,
      `d(); ${yamlLineMark(3)}`,
      'int e;',
      'int f;',
    ];
    const { c, plain } = directLines(marked.join('\n'), 'p.yaml');
    expect(c.split('\n')).toEqual([
      'int a;',
      '#line 7 "p.yaml"',
      'b();',
      'c();',
      '#line 3 "p.yaml"',
      'd();',
      '#line 5 "p.yaml.bpf.c"',
      'int e;',
      'int f;',
    ]);
    expect(plain.c.split('\n')).toEqual(['int a;', 'b();', 'c();', 'd();', 'int e;', 'int f;']);
    expect(plain.yamlLines).toEqual([0, 7, 8, 3, 0, 0]);
  });

  it('mark the lines of a template that become C, and none that only steer', () => {
    const template = "{{#if x}}\nif ({{a}}) {\n\t{{> (lookup . 'template')}}\n{{else}}\n}\n{{/if}}\n";
    expect(
      markTemplate(template)
        .split('\n')
        .map((line) => line.endsWith('{{yamlLine line}}')),
    ).toEqual([false, true, false, false, true, false, false]);
  });

  it('write pointers as a person would', () => {
    expect(directLines('\tstruct sock * sock_1 = 0;', 'p').plain.c).toBe('\tstruct sock *sock_1 = 0;');
    expect(directLines('\tx = a * b;', 'p').plain.c).toBe('\tx = a * b;');
  });
});
