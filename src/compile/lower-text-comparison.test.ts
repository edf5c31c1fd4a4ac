import { describe, expect, it } from 'vitest';
import { programText, refusals } from '../../test/support/generated.js';

const pipeline = (condition: string): string => `
params:
  name: { type: comm, default: bash }
  title: { type: string(20), default: x }
maps:
  names: { type: hash, key: u32, value: comm }
  titles: { type: hash, key: u32, value: string(10) }
probes:
  p:
    attach: tp_btf:sched_wakeup
    let:
      called: args.p.comm
    where: ${condition}
    update:
      names[pid]: comm
      titles[pid]: str(args.p.name, 10)
    fields: [pid]
`;

const conditionOf = (condition: string): string =>
  programText(pipeline(condition), 'tp_btf/sched_wakeup').split('\tnames_key_t')[0] ?? '';

describe('texts in conditions', () => {
  it.each([
    'comm == "bash"',
    'comm != param.name',
    'comm == param.title',
    'called == param.name',
    'str(args.p.name) == param.title',
    'str(args.p.arg) != "x"',
    'param.name == "bash" and param.title != ""',
    'names[pid] == "bash"',
    'names[pid] == param.name',
    'titles[pid] != "x"',
    '(titles[pid] ?? "none") == "none"',
    '(titles[pid] ?? "none") == param.title',
    'if(pid == 1, comm, called) == "x"',
    'comm in ["a", "b", param.name]',
    'starts_with(comm, "ba")',
    'starts_with(args.p.comm, "kworker")',
    'starts_with(str(args.p.name), "")',
    'args.p.comm == ""',
  ])('%s compiles', async (condition) => {
    expect(await refusals(pipeline(condition))).toEqual([]);
  });

  it('read a param where it lies', () => {
    expect(conditionOf('comm == param.name')).toContain('same_text(comm_1, params.name, 16)');
    expect(conditionOf('comm == param.title')).toContain('same_text(comm_1, params.title, 16)');
  });

  it('read one byte more than a param has, to tell longer texts from it', () => {
    const text = conditionOf('str(args.p.name) == param.title');
    expect(text).toContain('u8 text_1[22] = {};');
    expect(text).toContain('same_text(text_1, params.title, 21)');
  });

  it('take an entry that is not there for its fallback', () => {
    const text = conditionOf('(titles[pid] ?? "none") == "none"');
    expect(text).toContain('entry_1->held[0] == 110');
    expect(text).toMatch(/\} else \{\n\t+equal_1 = 1;/);
  });
});
