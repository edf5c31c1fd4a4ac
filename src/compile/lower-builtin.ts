/** What every program can tell by itself: helpers of the kernel, asked once in a program. */
import type { BuiltinName } from '../language/expression/typed.js';
import { type Type, u64 } from '../language/types.js';
import type { Block } from './block.js';
import { c, cType } from './c-text.js';
import { type Lowering, once } from './lower-expression.js';
import type { CText } from './statements.js';

export function lowerBuiltin(name: BuiltinName, type: Type, block: Block, line: number, { used }: Lowering): CText {
  const ids = (): CText => once('ids', 'pid_tgid', u64, block, line, () => c`bpf_get_current_pid_tgid()`);
  const owners = (): CText => once('owners', 'uid_gid', u64, block, line, () => c`bpf_get_current_uid_gid()`);
  switch (name) {
    case 'pid':
      return c`(u32)(${ids()} >> 32)`;
    case 'tid':
      return c`(u32)${ids()}`;
    case 'uid':
      return c`(u32)${owners()}`;
    case 'gid':
      return c`(u32)(${owners()} >> 32)`;
    case 'cpu':
      return c`bpf_get_smp_processor_id()`;
    case 'now':
      return once('now', 'now', u64, block, line, () => c`bpf_ktime_get_ns()`);
    case 'cgroup':
      return once('cgroup', 'cgroup', u64, block, line, () => c`bpf_get_current_cgroup_id()`);
    case 'seq':
      return once(
        'seq',
        'seq',
        u64,
        block,
        line,
        () => c`number_event(counters, ${block.prefix}_numbered, ${block.prefix}_ring_full)`,
      );
    case 'self':
      used.ownProcess = true;
      return once('self', 'self', type, block, line, () => c`is_own_process()`);
    case 'task':
      return once('task', 'task', type, block, line, () => c`(${cType(type)})bpf_get_current_task()`);
    case 'duration':
      return c`duration`;
    case 'attach cookie':
      return c`(u32)bpf_get_attach_cookie(ctx)`;
    case 'hook parameter':
      return c`hook`;
    case 'comm':
      throw new Error('comm is text and must be written where it is kept');
  }
}
