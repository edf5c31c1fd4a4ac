/** Every kind of value, wherever it can stand: what is accepted compiles without a warning, and nothing throws. */
import { describe, expect, it } from 'vitest';
import { refusals } from '../../test/support/generated.js';

const probe = (fields: string, more = '', attach = 'tp_btf:sched_switch'): string => `
params:
  name: { type: comm, default: bash }
  title: { type: string(20), default: x }
  n: { type: u32, default: 1 }
maps:
  counts: { type: hash, key: u32, value: count }
  names: { type: hash, key: u32, value: comm }
  titles: { type: hash, key: u32, value: string(10) }
  tasks: { type: hash, key: u32, value: struct task_struct * }
  both: { type: hash, key: { a: u32, b: string(30) }, value: { s: string(16), n: count, t: u64 } }
  fresh: { type: hash, key: { a: u8, b: ip }, value: count, every: 1s, reset: true }
${more}
probes:
  p:
    attach: ${attach}
    let:
      place: args.prev.pairs
      who: args.prev.comm
      found: counts[pid]
    update:
      counts[pid]: count()
      names[pid]: comm
      titles[pid]: str(args.prev.name, 10)
      tasks[pid]: args.prev
      both[pid, str(args.prev.name, 30)].s: str(args.prev.name, 16)
      both[pid, "x"].n: count()
      both[pid, "y"].t: now
      fresh[cpu & 1, ip(args.prev.sock.__sk_common.skc_daddr)]: count()
    fields:
${fields
  .split('\n')
  .map((each) => `      - ${each}`)
  .join('\n')}
`;

describe('values', () => {
  it.each([
    'x: args.prev.pairs[1].a',
    'x: args.prev.pairs[cpu & 3].a',
    'x: args.prev.pairs[cpu & 3].b[2]',
    'x: args.prev.pairs[cpu & 3].b[cpu & 3]',
    'x: args.prev.pairs[cpu & 3].b',
    'x: place[pid & 3].a',
    'x: args.prev.unnamed[1].y',
    'x: args.prev.unnamed[cpu & 1].y',
    'x: args.prev.grid[1][2]',
    'x: args.prev.grid[cpu & 1][2]',
    'x: args.prev.grid[cpu & 1][cpu & 1]',
    'x: args.prev.owner.val',
    'x: args.prev.uids[0].val',
    'x: args.prev.uids[cpu].val',
    'x: args.prev[1].pid',
    'x: args.prev[cpu].comm',
    'x: args.prev.names[0][1]',
    'x: str(args.prev.names[2])',
    'x: args.prev.flag_a',
    'x: args.prev.flag_b',
    'x: args.prev.on_cpu',
    'x: args.prev.small',
    'x: args.prev.level',
    'x: args.prev.op',
    'x: args.prev.first',
    'x: args.prev.tail[3]',
    'x: args.prev.cookie',
    'x: args.prev.hidden_at',
    'x: args.prev.hook',
    'x: args.prev.arg[0]',
    'x: str(args.prev.arg)',
    'x: (args.prev.arg as user struct msghdr).deep.a',
    'x: (args.prev.arg as user struct msghdr).set',
    'x: (args.prev.anything as u32 *)[2]',
    'x: (args.prev.anything as struct tcp_sock).inet_sk.__sk_common.skc_num',
    'x: (args.prev.anything as struct task_struct *)[2].pid',
    'x: args.prev.start_time - 5 as u64',
    'x: param.name',
    'x: param.title',
    'x: param.n',
    'x: names[pid]',
    'x: titles[pid]',
    'x: titles[pid] ?? "none"',
    'x: names[pid] ?? "none"',
    'x: both[pid, "x"].s',
    'x: tasks[pid].pid',
    'x: tasks[pid]',
    'x: counts[pid] ?? 7',
    'x: found + 1',
    'x: who',
    'x: if(cpu == 0, "root", comm)',
    'x: if(cpu == 0, names[pid], "longer than a comm is")',
    'x: if(cpu == 0, param.title, who)',
    'x: if(cpu == 0, args.prev.sock, args.prev.hidden_at)',
    'x: if(cpu == 0, args.prev.prio, 5)',
    'x: if(cpu == 0, saddr(args.prev.sock), ip(args.prev.sock.__sk_common.skc_daddr))',
    'x: ip(args.prev.sock.__sk_common.skc_v6_daddr)',
    'x: bytes(args.prev.anything, args.prev.prio, 8)',
    'x: bytes(args.prev.anything, 5)',
    'x: 5 >> args.prev.prio',
    'x: 1 << cpu',
    'x: args.prev.vruntime / args.prev.prio',
    'x: args.prev.vruntime % -7',
    'x: -args.prev.prio',
    'x: ~args.prev.prio',
    'x: not args.prev.prio',
    'x: min(args.prev.prio, -3)',
    'x: max(args.prev.start_time, 18446744073709551615)',
    'x: abs(args.prev.vruntime)',
    'x: log2(args.prev.start_time)',
    'x: args.prev.prio in [1, 2, -3]',
    'x: (counts[pid] ?? 1) in [1, 2]',
    'x: pid in counts and pid not in names',
    'x: probe',
    'x: hook.name',
    'x: ppid',
    'x: task.real_parent.comm',
    'x: args.prev == args.next',
    'x: args.prev == 0 or args.next != 0',
    'x: (args.prev as u64) > 5',
    'x: args.prev.vruntime < 4294967296',
    'x: enum(args.prev.prio, req_op)',
    'x: errno(args.prev.prio)',
    'x: hex(args.prev)',
    'x: user(args.prev.owner.val)',
    'x: args.prev.prio as bool',
    'x: args.prev as bool',
    'x: 18446744073709551615',
    'x: -9223372036854775808',
    'x: time - 5s',
    'x: starts_with(args.prev.comm, "kworker")',
    'int: cpu',
    'time_: cpu',
    'probe: cpu\nzero: pid\nlength: tid\n__attribute__: uid',
    'a: args.prev.prio as u32\nb: enum(args.prev.prio, req_op)\nc: time\nd: now',
  ])('%s', async (fields) => {
    expect((await refusals(probe(fields))).join('\n')).toBe('');
  });

  it.each([
    ['tracepoint:sched:sched_switch', 'x: args.prev_comm'],
    ['tracepoint:sched:sched_switch', 'x: args.prev_comm[3]'],
    ['tracepoint:sched:sched_switch', 'x: args.prev_comm[cpu & 7]'],
    ['tracepoint:sched:sched_switch', 'x: args.cpus[1]'],
    ['tracepoint:sched:sched_switch', 'x: args.cpus[cpu & 1]'],
    ['tracepoint:sched:sched_switch', 'x: args.mac'],
    ['tracepoint:sched:sched_process_exec', 'x: args.filename[0]'],
    ['tracepoint:sched:sched_process_exec', 'x: str(args.filename)'],
    ['tracepoint:sched:sched_process_exec', 'x: args.filename[cpu]'],
    ['kprobe:do_trap', 'x: args.regs.orig_ax'],
    ['kprobe:uses_uid', 'x: args.uid.val'],
    ['fentry:is_it', 'x: args.sure\ny: args.level'],
    ['kretprobe:is_it', 'x: retval'],
  ])('%s gives %s', async (attach, fields) => {
    const text = `probes:\n  p:\n    attach: ${attach}\n    fields:\n${fields
      .split('\n')
      .map((each) => `      - ${each}`)
      .join('\n')}\n`;
    expect((await refusals(text)).join('\n')).toBe('');
  });
});
