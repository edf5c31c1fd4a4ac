/** Where the benchmark's programs are, as scripts/bench builds them. */
import { fileURLToPath } from 'node:url';
import type { Tool } from './process.js';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const folder = `${root}build/bench`;
export const loads = `${folder}/load`;

export function probepipe(pipeline: string, ...options: readonly string[]): Tool {
  return probepipeOf([`${root}${pipeline}`], '--format', 'jsonl', ...options);
}

/** Of any files. */
export function probepipeOf(files: readonly string[], ...options: readonly string[]): Tool {
  return {
    name: 'probepipe',
    command: process.execPath,
    args: [`${root}bin/probepipe`, 'run', ...files, ...options],
    ready: /attached/,
  };
}

/** A program of bench/reference. */
export function byHand(program: string, ...args: readonly string[]): Tool {
  return { name: 'C', command: `${folder}/reference/${program}`, args, ready: /attached/ };
}

export function bpftrace(script: string): Tool {
  return { name: 'bpftrace', command: 'bpftrace', args: ['-e', script], ready: 'programs' };
}
