/** A small kernel's types, always the same, so that generated C can be compared with what was generated before, on any machine. */
import { BtfBuilder } from './btf-builder.js';

const signed = 1;
const charEncoding = 2;
const boolEncoding = 4;

/** BTF with the few types, functions and tracepoints that the golden pipelines touch. */
export function smallKernelBtf(): Uint8Array {
  const btf = new BtfBuilder();
  const u8 = btf.int('unsigned char', 1);
  const u16 = btf.int('unsigned short', 2);
  const u32 = btf.int('unsigned int', 4);
  const u64 = btf.int('long long unsigned int', 8);
  const s32 = btf.int('int', 4, signed);
  const s64 = btf.int('long int', 8, signed);
  const char = btf.int('char', 1, signed | charEncoding);
  const bool = btf.int('_Bool', 1, boolEncoding);
  const array = (element: number, count: number): number => btf.add({ kind: 3, rest: [element, u32, count] });
  const text = btf.pointer(char);
  const nothing = btf.pointer(0);
  const be16 = btf.typedef('__be16', u16);
  const be32 = btf.typedef('__be32', u32);
  const pid = btf.typedef('pid_t', s32);
  btf.typedef('size_t', u64);
  const comm = array(char, 16);
  const in6 = btf.struct('in6_addr', 16, [['s6_addr', array(u8, 16), 0]]);
  const common = btf.struct('sock_common', 80, [
    ['skc_daddr', be32, 0],
    ['skc_rcv_saddr', be32, 32],
    ['skc_dport', be16, 96],
    ['skc_num', u16, 112],
    ['skc_family', u16, 128],
    ['skc_v6_daddr', in6, 256],
    ['skc_v6_rcv_saddr', in6, 384],
  ]);
  const sock = btf.struct(
    'sock',
    128,
    [
      ['__sk_common', common, 0],
      // Bit-fields: the width stands in the offset's high byte.
      ['sk_userlocks', u8, (4 << 24) | 640],
      ['sk_protocol', u16, 656],
      ['sk_backlog', array(s32, 4), 672],
    ],
    true,
  );
  const sockPointer = btf.pointer(sock);
  // A struct that points at itself: the pointer's id is the one after it.
  const task = btf.endId;
  btf.struct('task_struct', 64, [
    ['pid', pid, 0],
    ['tgid', pid, 32],
    ['comm', comm, 64],
    ['prio', s32, 192],
    ['real_parent', task + 1, 256],
    ['on_cpu', bool, 320],
    ['__state', u32, 352],
  ]);
  const taskPointer = btf.pointer(task);
  btf.add({ kind: 6, name: '', vlen: 2, sizeOrType: 4, rest: ['TCP_ESTABLISHED', 1, 'TCP_SYN_SENT', 2] });
  btf.add({ kind: 6, name: 'req_op', vlen: 2, sizeOrType: 4, rest: ['REQ_OP_READ', 0, 'REQ_OP_WRITE', 1] });
  btf.struct('trace_event_raw_sched_process_exec', 24, [
    ['ent', u64, 0],
    ['__data_loc_filename', u32, 64],
    ['pid', pid, 96],
    ['old_pid', pid, 128],
  ]);
  btf.func('tcp_connect', s32, [['sk', sockPointer]]);
  btf.func('vfs_read', s64, [
    ['file', nothing],
    ['buf', text],
    ['count', u64],
  ]);
  for (const call of ['open', 'openat', 'openat2', 'read']) btf.func(`__x64_sys_${call}`, s64, [['regs', nothing]]);
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
  const file = btf.pointer(btf.struct('file', 16, [['f_flags', u32, 64]]));
  iterator('task', ['task', taskPointer]);
  iterator('task_file', ['task', taskPointer], ['fd', u32], ['file', file]);
  iterator('bpf_map_elem', ['map', nothing], ['key', nothing], ['value', nothing]);
  btf.func('bpf_lsm_file_open', s32, [['file', file]]);
  return btf.bytes();
}
