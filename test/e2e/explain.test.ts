/** `explain` as a user types it: what a pipeline does, keeps and can lose. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Workspace } from '../support/probepipe.js';

const command = fileURLToPath(new URL('../../bin/probepipe', import.meta.url));

function explained(yaml: string, ...options: string[]): string {
  using work = new Workspace();
  return execFileSync(command, ['explain', work.file('p.yaml', yaml), ...options], { encoding: 'utf8' });
}

describe('explain', () => {
  it('tells what is done when, how records lie, what maps take, and what can be lost', () => {
    const text = explained(
      [
        'maps:',
        '  reads: { type: lru_hash, key: { comm: comm }, value: count, max_entries: 100 }',
        'probes:',
        '  read:',
        '    attach: syscall:read',
        '    where: args.fd > 2 and retval > 0',
        '    update:',
        '      reads[comm]: count()',
        '    fields: [pid, duration, size: args.count]',
        '',
      ].join('\n'),
    );
    expect(text).toBe(
      [
        'p',
        '',
        'probe read',
        '  attaches syscall:read',
        '    runs at tracepoint syscalls:sys_exit_read',
        '      takes what its start kept',
        '      leaves unless retval > 0',
        '      updates reads[comm] (count)',
        '      emits pid, duration, size',
        '    begins at tracepoint syscalls:sys_enter_read',
        '      leaves unless args.fd > 2',
        '      keeps until the end: the time, args.count',
        '  keeps at most 10240 starts of 8 + 16 bytes until their ends: 720 KiB',
        '  emits records of 32 bytes:',
        '    offset bytes',
        '        0     8  which probe',
        '        8     8  duration  duration',
        '       16     8  size      u64',
        '       24     4  pid       u32',
        '',
        'map reads: lru_hash, 100 entries of 16 + 8 bytes: 7.0 KiB',
        '  key: comm: text of 16 bytes',
        '  value: count',
        '',
        'what the ledger can count',
        '  probe read counts',
        '    filtered: hits that a condition leaves out',
        '    ring full: events, when 16 MiB of them wait to be read',
        '    restarted: starts that a new start with the same key replaced',
        '    map full: starts or new keys, when their map has no room',
        '    missed: hits within the program itself, on the same processor',
        '  map reads forgets older entries to make room for new ones when it is full (evicted)',
        '',
      ].join('\n'),
    );
  });

  it('tells how many hooks a pattern is', () => {
    const text = explained('probes:\n  p:\n    attach: tp_btf:sched_process_ex*\n    fields: [hook: hook.name]\n');
    expect(text).toMatch(/ {2}attaches tp_btf:sched_process_ex\* \([2-9] hooks\)\n/);
  });

  it('tells what metrics there will be', () => {
    const text = explained(
      [
        'maps:',
        '  reads: { key: { comm: comm }, value: { calls: count, took: hist, size: stats } }',
        '  total: { type: array, max_entries: 1, value: sum }',
        'probes:',
        '  read:',
        '    attach: syscall:read',
        '    update:',
        '      reads[comm].calls: count()',
        '      reads[comm].took: hist(duration)',
        '      reads[comm].size: stats(args.count)',
        '      total[0]: sum(args.count)',
        'sinks:',
        '  - prometheus:',
        '      prefix: host_reads',
        '      metrics: { total: { unit: B }, reads.size: { unit: B }, reads.took: { buckets: { max: 1s } } }',
        '',
      ].join('\n'),
    );
    expect(text).toContain(
      [
        'sink prometheus: metrics at 127.0.0.1:9435, /metrics',
        '  counter    host_reads_reads_calls_total{comm}',
        '  histogram  host_reads_reads_took_seconds{comm}, 21 buckets from 0.000001024 to 1.073741824, and one above',
        '  summary    host_reads_reads_size_bytes{comm}',
        '  gauge      host_reads_reads_size_min_bytes{comm}',
        '  gauge      host_reads_reads_size_max_bytes{comm}',
        '  counter    host_reads_bytes_total',
        '',
      ].join('\n'),
    );
  });

  it('shows the C beside its lines with --c', () => {
    const text = explained('probes:\n  p:\n    attach: interval:1s\n    where: cpu < 4\n    fields: [cpu]\n', '--c');
    expect(text).toMatch(/\t\/\/ 4: where: cpu < 4\n.*\n.*count\(&counters\[p_filtered\]\)/);
  });

  it('tells which conditions of an HTTP probe need no parser', () => {
    const text = explained(
      'probes:\n  r:\n    attach: http:server\n    where: port in [80, 81] and status >= 500\n    fields: [path]\n',
    );
    expect(text).toContain(
      [
        '      leaves unless port in [80, 81], where bytes are captured: others never leave the kernel',
        '      leaves unless status >= 500, when it is over',
      ].join('\n'),
    );
  });
});
