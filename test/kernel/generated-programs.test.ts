/** Every kind of value in programs of this machine's kernel: what the checker lets through, its verifier accepts. Nothing is attached. */

import { describe, expect, it } from 'vitest';
import { compileObject } from '../../src/compile/compile-object.js';
import { nodeHost } from '../../src/host-node.js';
import { generateSource } from '../../src/pipeline.js';
import { loadAddon } from '../../src/runtime/load-addon.js';
import { loadPipeline } from '../../src/runtime/load-pipeline.js';
import { withAllPrograms } from '../support/all-programs.js';
import { isRoot } from '../support/probepipe.js';

const real = nodeHost();
const host = { ...real, env: { ...real.env, XDG_CACHE_HOME: undefined, HOME: undefined } };
const { output: addon } = loadAddon();

/** Every reason why it cannot be loaded; none where it can. */
async function refusals(yaml: string): Promise<readonly string[]> {
  const source = { name: 'p.yaml', text: yaml };
  const generated = generateSource(source, host, { sets: [] });
  const errors = generated.diagnostics.filter((each) => each.severity === 'error');
  if (generated.output === undefined || addon === undefined) return errors.map((each) => each.message);
  const compiled = await compileObject(generated.output.c, source, host);
  if (compiled.output === undefined) return compiled.diagnostics.map((each) => each.detail ?? each.message);
  const { output, diagnostics } = loadPipeline(
    { manifest: withAllPrograms(generated.output.manifest), object: compiled.output },
    addon,
    source,
  );
  output?.object.close();
  return output === undefined ? diagnostics.map((each) => `${each.message}\n${each.detail?.slice(-3000)}`) : [];
}

const lines = (fields: readonly string[]): string => fields.map((each) => `      - ${each}\n`).join('');
const pipeline = (attach: string, fields: readonly string[], more = ''): string => `
params:
  name: { type: comm, default: bash }
  title: { type: string(20), default: x }
  long: { type: string(200), default: x }
maps:
  counts: { type: hash, key: u32, value: count }
  names: { type: hash, key: u32, value: comm }
  titles: { type: hash, key: u32, value: string(10) }
  tasks: { type: hash, key: u32, value: struct task_struct * }
  both: { type: hash, key: { a: u8, b: string(30) }, value: { s: string(16), n: count } }
  addresses: { type: hash, key: { a: u8, b: ip, c: u16, d: comm }, value: count }
probes:
  p:
    attach: ${attach}
${more}    fields:
${lines(fields)}`;

const update = (updates: readonly string[]): string =>
  `    update:\n${updates.map((each) => `      ${each}\n`).join('')}`;

describe.skipIf(!isRoot || addon === undefined)('generated programs in this kernel (needs root and the addon)', () => {
  it.each([
    ['arrays of structs', ['x: args.prev.rlim_count', 'y: args.prev.pid'].slice(1)],
    ['members of pointers to unnamed structs', ['x: args.prev.cred.uid.val', 'y: args.prev.usage.refs.counter']],
    ['dynamic indices', ['x: args.prev.comm[cpu & 7]', 'y: args.prev.real_parent.comm[pid & 15]']],
    ['texts of params', ['x: param.name', 'y: param.title', 'z: param.long']],
    ['texts in maps', ['x: names[pid]', 'y: titles[pid] ?? "none"', 'z: both[1, "x"].s']],
    ['pointers in maps', ['x: tasks[pid].pid', 'y: tasks[pid]']],
    ['choices of texts', ['x: "if(cpu == 0, \'root\', comm)"', 'y: "if(cpu == 0, param.title, args.prev.comm)"']],
    [
      'bytes of a length that may be negative',
      ['x: "bytes(args.prev, args.prev.prio, 32)"', 'y: "bytes(args.prev, args.prev.prio, 4096)"'],
    ],
    ['long texts', ['x: str(args.prev.comm)', 'y: "str(args.prev.real_parent.comm, 4096)"']],
    [
      'comparisons of texts',
      [
        'x: comm == param.name',
        'y: args.prev.comm == param.long',
        'z: titles[pid] == "x"',
        'w: starts_with(comm, "ba")',
      ],
    ],
    [
      'numbers',
      [
        'a: args.prev.prio / args.next.prio',
        'b: args.prev.prio % 3',
        'c: 5 >> args.prev.prio',
        'd: 1 << cpu',
        'e: abs(args.prev.prio)',
        'f: log2(now)',
        'g: "min(args.prev.prio, -1)"',
      ],
    ],
    ['bit-fields', ['x: args.prev.in_execve', 'y: args.prev.sched_reset_on_fork']],
    ['lists', ['x: pid in [1, 2, 3, 4, 5]', 'y: comm in ["a", "b", "c"]', 'z: (counts[pid] ?? 0) in [1, 2]']],
  ])('%s', async (_, fields) => {
    expect((await refusals(pipeline('tp_btf:sched_switch', fields))).join('\n')).toBe('');
  });

  it('what random pipelines found', async () => {
    const yaml = `
probes:
  constants:
    attach: tp_btf:sched_switch
    let: { large: 50891 }
    fields:
      - x: (large << 14) << 48
      - y: (large >> 2) * args.prev.prio
  branches:
    attach: tracepoint:sched:sched_switch
    fields:
      - x: if(comm == "bash", args.prev_prio as i64, args.next_prio as i64)
      - y: if(cpu == 0, args.prev_pid as i64, args.next_pid as i64)
  never:
    attach: tp_btf:sched_switch
    where: args.preempt in [0, 496] or starts_with(comm, "b")
    fields: [pid]
  short:
    attach: syscall:openat
    where: ends_with(str(args.filename, 3), "lib") or contains(str(args.filename, 3), "b")
    fields: [pid]
  lists:
    attach: syscall:execve
    fields:
      - args: "argv(args.argv, 4096)"
`;
    expect((await refusals(yaml)).join('\n')).toBe('');
  });

  it('keys of odd sizes', async () => {
    const more = update([
      'addresses[cpu & 1, ip(args.prev.pid as u32), 5, comm]: count()',
      'both[cpu & 1, str(args.prev.comm, 30)].s: str(args.prev.comm, 16)',
      'both[cpu & 1, titles[pid]].n: count()',
      'names[pid]: comm',
      'titles[pid]: str(args.prev.comm, 10)',
      'tasks[pid]: args.prev',
    ]);
    expect((await refusals(pipeline('tp_btf:sched_switch', ['pid'], more))).join('\n')).toBe('');
  });

  it('socket addresses, of either version', async () => {
    const fields = [
      'a: saddr(args.sk)',
      'b: daddr(args.sk)',
      'c: sport(args.sk)',
      'd: dport(args.sk)',
      'e: family(args.sk)',
    ];
    const more = update(['addresses[1, daddr(args.sk), 5, comm]: count()']);
    expect((await refusals(pipeline('tp_btf:inet_sock_set_state', fields, more))).join('\n')).toBe('');
  });

  it('more than fits on the BPF stack', async () => {
    const wide = Array.from({ length: 70 }, (_, index) => `f${index}: args.prev.real_parent.prio + ${index}`);
    expect((await refusals(pipeline('tp_btf:sched_switch', wide))).join('\n')).toBe('');
    const reads = [
      'prio',
      'static_prio',
      'normal_prio',
      'rt_priority',
      'pid',
      'tgid',
      'flags',
      'exit_code',
      'exit_signal',
      'pdeath_signal',
      'personality',
      'utime',
      'stime',
      'gtime',
      'nvcsw',
      'nivcsw',
      'start_time',
      'min_flt',
      'maj_flt',
      'on_rq',
    ];
    const many = ['prev', 'next'].flatMap((task) =>
      ['', '.real_parent', '.real_parent.real_parent'].flatMap((chain) =>
        reads.map((name) => `${task}${chain.replaceAll('.', '_')}_${name}: args.${task}${chain}.${name}`),
      ),
    );
    expect((await refusals(pipeline('tp_btf:sched_switch', many))).join('\n')).toBe('');
  });

  it('long texts as keys and values', async () => {
    const yaml = `
maps:
  a: { type: hash, key: { path: string(200) }, value: count, max_entries: 64 }
  b: { type: hash, key: { path: string(200) }, value: { last: string(200), n: count }, max_entries: 64 }
  c: { type: hash, key: { path: string(100) }, value: string(300), max_entries: 64 }
probes:
  p:
    attach: tracepoint:sched:sched_process_exec
    update:
      a[str(args.filename, 200)]: count()
      b[str(args.filename, 200)].last: str(args.filename, 200)
      b[str(args.filename, 200)].n: count()
      c[str(args.filename, 100)]: str(args.filename, 300)
    fields: [pid]
`;
    expect((await refusals(yaml)).join('\n')).toBe('');
  });

  it('long conditions', async () => {
    const or = Array.from({ length: 200 }, (_, index) => `args.prev.pid == ${index * 3}`).join(' or ');
    const sum = Array.from({ length: 200 }, (_, index) => `args.prev.prio * ${index + 2}`).join(' + ');
    const list = `args.prev.pid in [${Array.from({ length: 1000 }, (_, index) => index * 7).join(', ')}]`;
    const condition = (where: string) =>
      refusals(`probes:\n  p:\n    attach: tp_btf:sched_switch\n    where: ${where}\n    fields: [pid]\n`);
    expect((await condition(or)).join('\n').slice(0, 3000)).toBe('');
    expect((await condition(`(${sum}) > 5`)).join('\n').slice(0, 3000)).toBe('');
    expect((await condition(list)).join('\n').slice(0, 3000)).toBe('');
  });
});
