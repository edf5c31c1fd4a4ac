/** What must load everywhere: every shipped pipeline and every example. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Source } from '../../src/diagnostics/source.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The clangs that distributions have today. */
export const clangs = ['clang-14', 'clang-16', 'clang-19'] as const;

export const shippedFiles: readonly string[] = [
  ...readdirSync(`${root}pipelines`)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `pipelines/${name}`),
  ...readdirSync(`${root}examples`).map((name) => `examples/${name}/pipeline.yaml`),
];

export const shippedSource = (file: string): Source => ({ name: file, text: readFileSync(`${root}${file}`, 'utf8') });
