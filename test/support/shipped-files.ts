/** What must load everywhere: every shipped pipeline and every example. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Source } from '../../src/diagnostics/source.js';
import type { ParamSet } from '../../src/language/params.js';

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

/** Values of the params that a pipeline must be given. Guests find the program where the host built it, below `build/`. */
const required: Readonly<Record<string, () => readonly ParamSet[]>> = {
  'pipelines/http-go.yaml': () => [{ name: 'program', value: goWebServer() }],
};

export const shippedSets = (file: string): readonly ParamSet[] => required[file]?.() ?? [];

/** Without debug information, as Go's programs are installed. Built where it is not there yet: test/kernel/fixtures/http/server.go. */
export function goWebServer(): string {
  const folder = `${root}build/test-programs`;
  const program = `${folder}/go-web-server`;
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  execFileSync('go', ['build', '-ldflags=-s -w', '-o', program, `${root}test/kernel/fixtures/http/server.go`], {
    env: { ...process.env, GO111MODULE: 'off', GOCACHE: `${folder}/go-cache`, HOME: folder },
    stdio: 'pipe',
  });
  return program;
}
