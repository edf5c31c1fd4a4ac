/** The kernel's ways to run a program at a hook; `interval` is a timer on one processor, `profile` one on each. */
export type Mechanism =
  | 'tracepoint'
  | 'tp_btf'
  | 'raw_tracepoint'
  | 'kprobe'
  | 'kretprobe'
  | 'fentry'
  | 'fexit'
  | 'uprobe'
  | 'uretprobe'
  | 'lsm'
  | 'iter'
  | 'interval'
  | 'profile'
  | 'perf'
  /** Run by probepipe itself, for each message of a protocol. */
  | 'message';
