import { describe, expect, it } from 'vitest';
import { resolve, waysText } from '../../test/support/resolved-hook.js';

const labels = (text: string): string[][] | undefined =>
  resolve(text).ways?.map((way) => way.map(({ label }) => label));

function refused(text: string, maxMatches?: number) {
  const { ways, problems } = resolve(text, maxMatches === undefined ? {} : { maxMatches });
  expect(ways).toBeUndefined();
  expect(problems).toHaveLength(1);
  return problems[0];
}

describe('hooks with patterns', () => {
  it.each([
    ['tp_btf:sched_w*', [['tp_btf:sched_wakeup', 'tp_btf:sched_wakeup_new']]],
    ['raw_tracepoint:sched_{switch,wakeup}', [['raw_tracepoint:sched_switch', 'raw_tracepoint:sched_wakeup']]],
    ['kprobe:tcp_c*', [['kprobe:tcp_close', 'kprobe:tcp_connect']]],
    ['fexit:tcp_c{onnect,lose}', [['fexit:tcp_connect', 'fexit:tcp_close']]],
    ['syscall:open?t', [['syscall:openat']]],
  ])('%s is all that it matches', (text, expected) => {
    expect(labels(text)).toEqual(expected);
    expect(resolve(text).problems).toEqual([]);
  });

  it('are caught by one program for all before one for each', () => {
    expect(labels('function:tcp_*')).toEqual([
      ['kprobe:tcp_close', 'kprobe:tcp_connect'],
      ['fentry:tcp_close', 'fentry:tcp_connect'],
    ]);
    expect(labels('call:tcp_*')?.map((way) => way[0])).toEqual(['kprobe+kretprobe:tcp_close', 'fexit:tcp_close']);
  });

  it('are caught once by each of a name’s forms', () => {
    expect(waysText(resolve('tp_btf:{sched_*,sched_switch}'))?.[0]).toHaveLength(3);
  });

  it.each([
    ['tp_btf:sched_swich*', 'nothing matches "sched_swich*"', ['did you mean "sched_switch*"?']],
    ['function:tcp_conect*', 'nothing matches "tcp_conect*"', ['did you mean "tcp_connect*"?']],
    ['syscall:zz*', 'nothing matches "zz*"', []],
  ])('%s matches nothing', (text, message, hints) => {
    expect(refused(text)).toMatchObject({ code: 'hook-not-found', message, hints, at: text.replace(/^\w+:/, '') });
  });

  it('may not match more than the probe allows', () => {
    expect(refused('tp_btf:*', 3)).toMatchObject({
      code: 'too-many-matches',
      message: expect.stringMatching(/^"\*" matches [0-9]+ hooks \(\w+, \w+, \w+, …\), and a probe takes at most 3$/),
      hints: [
        'write a longer pattern',
        expect.stringMatching(/^or allow so many: "max_matches: [0-9]+" in the probe$/),
      ],
    });
  });

  it('need a category for tracepoints', () => {
    expect(refused('tracepoint:sched_*')).toMatchObject({
      code: 'hook-target',
      hints: ['write tracepoint:*:sched_*'],
    });
  });

  it('name one binary', () => {
    expect(refused('uprobe:lib*:malloc')).toMatchObject({ code: 'hook-target', hints: ['write uprobe:libc:mem*'] });
  });
});
