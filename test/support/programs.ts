/** Programs to probe, compiled by the tests. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const fixtures = fileURLToPath(new URL('../kernel/fixtures/', import.meta.url));

export class Programs {
  readonly folder = mkdtempSync(`${tmpdir()}/probepipe-programs-`);

  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  compile(compiler: string, source: string, name: string, ...options: readonly string[]): string {
    const path = this.path(name);
    execFileSync(compiler, ['-g', ...options, '-o', path, `${fixtures}${source}`], { stdio: 'pipe' });
    return path;
  }

  go(source: string, name: string, ...options: readonly string[]): string {
    const path = this.path(name);
    const env = { ...process.env, GOCACHE: this.path('go-cache'), GOFLAGS: '-mod=mod', HOME: this.folder };
    execFileSync('go', ['build', ...options, '-o', path, `${fixtures}${source}`], { stdio: 'pipe', env });
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const hasGo = spawnSync('go', ['version']).status === 0;
export const hasRust = spawnSync('rustc', ['--version']).status === 0;

export function run(path: string, ...args: readonly string[]): string {
  return execFileSync(path, args, { encoding: 'utf8' });
}
