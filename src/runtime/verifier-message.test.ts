import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../diagnostics/render.js';
import { readVerifierLog, verifierDiagnostic } from './verifier-message.js';

/** As Linux 6.1 writes it: the line's text alone, which the compiler began with its place. */
const older = `libbpf: prog 'f': BPF program load failed: Permission denied
libbpf: prog 'f': -- BEGIN PROG LOAD LOG --
0: R1=ctx(off=0,imm=0) R10=fp0
; p.yaml:4:     where: args.prev.pid == 3
0: (79) r3 = *(u64 *)(r1 +0)
; p.yaml:6:     fields: [x]
9: (69) r1 = *(u16 *)(r10 -2)
10: (61) r0 = *(u32 *)(r1 +0)
R1 invalid mem access 'scalar'
processed 11 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
-- END PROG LOAD LOG --`;

/** As Linux 6.18 writes it, read off this project's machines. */
const newer = `libbpf: prog 'f': -- BEGIN PROG LOAD LOG --
0: R1=ctx() R10=fp0
; p.yaml:4: where: x @ p.yaml:4
0: (79) r3 = *(u64 *)(r1 +0)
func 'inet_sock_set_state' arg0 has btf_id 2953 type STRUCT 'sock'
;  @ p.yaml.bpf.c:120
6: (07) r1 += -2                      ; R1=fp-2
; p.yaml:6: fields: z @ p.yaml:6
9: (69) r1 = *(u16 *)(r10 -2)         ; R1=scalar(smin=smin32=0,umax=0xffff) R10=fp0 fp-8=mm??????
10: (61) r0 = *(u32 *)(r1 +0)
R1 invalid mem access 'scalar'
processed 11 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
-- END PROG LOAD LOG --`;

describe('the verifier’s log', () => {
  it.each([
    ['6.1', older],
    ['6.18', newer],
  ])('of %s names the YAML line and the reason', (_, log) => {
    expect(readVerifierLog(log, 'p.yaml')).toEqual({ reason: "R1 invalid mem access 'scalar'", line: 6 });
  });

  it('names no line of another file', () => {
    expect(readVerifierLog(newer, 'q.yaml')).toEqual({ reason: "R1 invalid mem access 'scalar'" });
  });

  it('is told from other logs', () => {
    expect(readVerifierLog('libbpf: failed to find BTF', 'p.yaml')).toBeUndefined();
  });

  it('becomes a message with the line, and the whole log only when asked for', () => {
    const source = { name: 'p.yaml', text: 'a\nb\nc\nd\ne\n    fields: [x]\n' };
    const complaint = readVerifierLog(older, 'p.yaml');
    const told = complaint && verifierDiagnostic(complaint, older, 'f', source);
    const text = renderDiagnostics(told === undefined ? [] : [told], { color: false });
    expect(text).toContain('error[verifier]');
    expect(text).toContain('p.yaml:6:5');
    expect(text).toContain('fields: [x]');
    expect(text).not.toContain('BEGIN PROG LOAD LOG');
    expect(renderDiagnostics(told === undefined ? [] : [told], { color: false, verbose: true })).toContain(
      'BEGIN PROG LOAD LOG',
    );
  });
});
