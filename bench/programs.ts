/** The kernel's account of the BPF programs that a process holds, read where proc(5) shows it: fdinfo of their descriptors. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Running } from './process.js';

export interface Account {
  /** Nanoseconds in all. */
  readonly time: bigint;
  readonly runs: bigint;
}

/** By the program's id; a program that two descriptors hold is there once. Zero where nobody enabled statistics. */
export function programsOf({ child: { pid } }: Running): Map<string, Account> {
  const programs = new Map<string, Account>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const text = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    const value = (key: string): string => new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? '';
    if (value('prog_id') === '' || value('run_cnt') === '') continue;
    programs.set(value('prog_id'), { time: BigInt(value('run_time_ns')), runs: BigInt(value('run_cnt')) });
  }
  return programs;
}
