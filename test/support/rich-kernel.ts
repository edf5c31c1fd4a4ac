/** A made-up kernel's types with one of each thing that expressions, hooks and generated C must cope with: always the same, on any machine. */
import type { Host } from '../../src/host.js';
import { openKernel } from '../../src/kernel/btf-kernel.js';
import type { Kernel } from '../../src/kernel/kernel.js';
import { BtfBuilder } from './btf-builder.js';
import { memoryHost } from './memory-host.js';

const signed = 1;
const charEncoding = 2;
const boolEncoding = 4;

type Members = readonly (readonly [string, number, number])[];

export function richKernelBtf(): Uint8Array {
  const btf = new BtfBuilder();
  const u8 = btf.int('unsigned char', 1);
  const u16 = btf.int('short unsigned int', 2);
  const u32 = btf.int('unsigned int', 4);
  const u64 = btf.int('long unsigned int', 8);
  const s32 = btf.int('int', 4, signed);
  const s64 = btf.int('long int', 8, signed);
  const char = btf.int('char', 1, signed | charEncoding);
  const bool = btf.int('_Bool', 1, boolEncoding);
  const array = (element: number, count: number): number => btf.add({ kind: 3, rest: [element, u32, count] });
  const union = (name: string, bytes: number, members: Members): number =>
    btf.add({ kind: 5, name, vlen: members.length, sizeOrType: bytes, rest: members.flat() });
  const enumeration = (
    name: string,
    bytes: number,
    values: readonly (readonly [string, number])[],
    flag = false,
  ): number => btf.add({ kind: 6, name, vlen: values.length, sizeOrType: bytes, flag, rest: values.flat() });
  /** Width in the offset's high byte. */
  const bits = (width: number, offset: number): number => (width << 24) | offset;
  const nothing = btf.pointer(0);
  const text = btf.pointer(char);
  const userText = btf.pointer(btf.add({ kind: 18, name: 'user', sizeOrType: char }));
  const float = btf.add({ kind: 16, name: 'float', sizeOrType: 4 });
  const callback = btf.pointer(btf.add({ kind: 13, vlen: 0, sizeOrType: s32 }));
  const be16 = btf.typedef('__be16', u16);
  const be32 = btf.typedef('__be32', u32);
  const pid = btf.typedef('pid_t', s32);
  btf.typedef('size_t', u64);
  const loff = btf.typedef('loff_t', s64);
  const operation = enumeration('req_op', 4, [
    ['REQ_OP_READ', 0],
    ['REQ_OP_WRITE', 1],
    ['REQ_OP_FLUSH', 2],
  ]);
  const narrow = enumeration('narrow', 1, [['NARROW_A', 1]]);
  const below = enumeration(
    'below',
    4,
    [
      ['BELOW_ZERO', -1],
      ['AT_ZERO', 0],
    ],
    true,
  );
  enumeration('', 4, [
    ['TCP_ESTABLISHED', 1],
    ['TCP_SYN_SENT', 2],
  ]);
  const kuid = btf.typedef('kuid_t', btf.struct('', 4, [['val', u32, 0]]));
  const atomic = btf.typedef('atomic_t', btf.struct('', 4, [['counter', s32, 0]]));
  const forward = btf.add({ kind: 7, name: 'hidden' });
  const in6 = btf.struct('in6_addr', 16, [['s6_addr', array(u8, 16), 0]]);
  const addresses = btf.struct('', 8, [
    ['skc_daddr', be32, 0],
    ['skc_rcv_saddr', be32, 32],
  ]);
  const ports = union('', 4, [
    ['skc_portpair', u32, 0],
    [
      '',
      btf.struct('', 4, [
        ['skc_dport', be16, 0],
        ['skc_num', u16, 16],
      ]),
      0,
    ],
  ]);
  const common = btf.struct('sock_common', 80, [
    [
      '',
      union('', 8, [
        ['skc_addrpair', u64, 0],
        ['', addresses, 0],
      ]),
      0,
    ],
    ['', ports, 96],
    ['skc_family', u16, 128],
    ['skc_v6_daddr', in6, 256],
    ['skc_v6_rcv_saddr', in6, 384],
  ]);
  const sock = btf.struct('sock', 128, [
    ['__sk_common', common, 0],
    ['sk_err', s32, 640],
    ['sk_refs', atomic, 672],
  ]);
  const sockPointer = btf.pointer(sock);
  btf.struct('tcp_sock', 256, [
    ['inet_sk', sock, 0],
    ['rtt', u32, 1024],
  ]);
  btf.struct('socket', 16, [['sk', sockPointer, 0]]);
  const pair = btf.struct('pair', 8, [
    ['a', u32, 0],
    ['b', array(u8, 4), 32],
  ]);
  const unnamedPair = btf.struct('', 8, [
    ['x', u32, 0],
    ['y', s32, 32],
  ]);
  const comm = array(char, 16);
  const cookie = array(u8, 6);
  const grid = array(array(u32, 3), 2);
  const pairs = array(pair, 4);
  const unnamed = array(unnamedPair, 2);
  const hiddenPointer = btf.pointer(forward);
  const texts = btf.pointer(text);
  const oneChar = array(char, 1);
  const tail = array(u32, 0);
  const kuidPointer = btf.pointer(kuid);
  // A struct that points at itself: the pointer's id is the one after it.
  const task = btf.endId;
  btf.struct(
    'task_struct',
    512,
    [
      ['pid', pid, 0],
      ['tgid', pid, 32],
      ['comm', comm, 64],
      ['prio', s32, 192],
      ['real_parent', task + 1, 256],
      ['on_cpu', bool, 320],
      ['flag_a', u32, bits(1, 352)],
      ['flag_b', s32, bits(3, 353)],
      ['start_time', u64, 384],
      ['vruntime', s64, 448],
      ['cookie', cookie, 512],
      ['grid', grid, 576],
      ['pairs', pairs, 768],
      ['unnamed', unnamed, 1024],
      ['weight', float, 1152],
      ['hook', callback, 1184],
      ['hidden', forward, 1248],
      ['hidden_at', hiddenPointer, 1280],
      ['owner', kuid, 1344],
      ['op', operation, 1376],
      ['level', below, 1408],
      ['small', narrow, 1440],
      ['name', text, 1472],
      ['names', texts, 1536],
      ['anything', nothing, 1600],
      ['arg', userText, 1664],
      ['sock', sockPointer, 1728],
      ['first', oneChar, 1792],
      ['tail', tail, 1824],
      ['uids', kuidPointer, 1856],
    ],
    true,
  );
  const taskPointer = btf.pointer(task);
  btf.struct(
    'msghdr',
    64,
    [
      ['msg_name', nothing, 0],
      ['deep', btf.pointer(pair), 64],
      ['set', u32, bits(2, 128)],
    ],
    true,
  );
  const registers = btf.struct('pt_regs', 168, [
    ['di', u64, 0],
    ['orig_ax', u64, 64],
  ]);
  const raw = (name: string, fields: Members): number =>
    btf.struct(`trace_event_raw_${name}`, 64, [['ent', u64, 0], ...fields, ['__data', array(char, 0), 512]]);
  raw('sched_process_exec', [
    ['__data_loc_filename', u32, 64],
    ['pid', pid, 96],
    ['old_pid', pid, 128],
  ]);
  raw('sched_switch', [
    ['prev_comm', array(char, 16), 64],
    ['prev_pid', pid, 192],
    ['prev_state', s64, 256],
    ['cpus', array(u32, 2), 320],
    ['mac', array(u8, 6), 384],
  ]);

  btf.func('tcp_connect', s32, [['sk', sockPointer]]);
  btf.func('vfs_read', s64, [
    ['file', nothing],
    ['buf', userText],
    ['count', u64],
    ['pos', btf.pointer(loff)],
  ]);
  btf.func('tcp_close', 0, [
    ['sk', sockPointer],
    ['timeout', s64],
  ]);
  btf.func('is_it', bool, [
    ['sure', bool],
    ['level', u8],
  ]);
  btf.func('get_owner', kuid, [['task', taskPointer]]);
  btf.func('get_weight', float, []);
  btf.func('set_owner', s32, [
    ['task', taskPointer],
    ['owner', pair],
    ['force', s32],
  ]);
  btf.func('unnamed', s32, [
    ['', s32],
    ['', sockPointer],
  ]);
  btf.func(
    'seven',
    s32,
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, s32] as const),
  );
  btf.func(
    'thirteen',
    s32,
    [...'abcdefghijklm'].map((name) => [name, s32] as const),
  );
  btf.func('do_trap', 0, [['regs', btf.pointer(registers)]]);
  btf.func('uses_uid', s32, [['uid', btf.pointer(kuid)]]);
  // Variable arguments: a last parameter without name and type.
  btf.func('_printk', s32, [
    ['fmt', text],
    ['', 0],
  ]);
  for (const call of ['open', 'openat', 'openat2', 'read', 'close'])
    btf.func(`__x64_sys_${call}`, s64, [['regs', nothing]]);
  const tracepoint = (name: string, ...parameters: readonly (readonly [string, number])[]): number =>
    btf.func(`__probestub_${name}`, 0, [['__data', nothing], ...parameters]);
  tracepoint('sched_switch', ['preempt', bool], ['prev', taskPointer], ['next', taskPointer], ['prev_state', u32]);
  tracepoint('sched_wakeup', ['p', taskPointer]);
  tracepoint('sched_wakeup_new', ['p', taskPointer]);
  tracepoint('inet_sock_set_state', ['sk', sockPointer], ['oldstate', s32], ['newstate', s32]);
  const iterator = (name: string, ...parameters: readonly (readonly [string, number])[]): void => {
    btf.struct(`bpf_iter__${name}`, 8, [['meta', nothing, 0]]);
    btf.func(`bpf_iter_${name}`, s32, [['meta', nothing], ...parameters]);
  };
  iterator('task', ['task', taskPointer]);
  iterator('tcp', ['sk', sockPointer], ['uid', u32]);
  iterator('bpf_map_elem', ['map', nothing], ['key', nothing], ['value', nothing]);
  // A function of an iterator's name that is none, since no struct goes with it.
  btf.func('bpf_iter_run_prog', s32, [['prog', nothing]]);
  btf.func('bpf_lsm_socket_connect', s32, [
    ['sock', sockPointer],
    ['address', nothing],
    ['addrlen', s32],
  ]);
  return btf.bytes();
}

export const richKernelPath = '/types/of/a/rich/kernel';

/** The kernel as `--btf` opens it; `files` and `changes` are of the host around it. */
export function richKernel(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  changes: Partial<Host> = {},
): { readonly kernel: Kernel; readonly host: Host } {
  const host = memoryHost({ [richKernelPath]: richKernelBtf(), ...files }, changes);
  const { output } = openKernel(host, { btfFile: richKernelPath });
  if (output === undefined) throw new Error('the rich kernel cannot be opened');
  return { kernel: output, host };
}
