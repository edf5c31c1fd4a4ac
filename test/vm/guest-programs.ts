/** Programs for guests, made on this machine: a guest's emulated processors would take minutes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hasGo } from '../support/programs.js';
import { goWebServer } from '../support/shipped-files.js';

/** Built for this machine's own kernel. */
export const builtPipelines = ['tcp-connect', 'opens', 'runqlat', 'capable'] as const;
export const builtPipeline = (name: (typeof builtPipelines)[number]): string =>
  fileURLToPath(new URL(`../../build/guest-programs/${name}.probepipe`, import.meta.url));

export const guestServer = fileURLToPath(new URL('../../build/guest-programs/server', import.meta.url));

/** Below `build/`, which guests see as part of the checkout. */
export function buildGuestPrograms(): void {
  mkdirSync(fileURLToPath(new URL('../../build/guest-programs', import.meta.url)), { recursive: true });
  const root = fileURLToPath(new URL('../../', import.meta.url));
  for (const name of builtPipelines)
    execFileSync(`${root}bin/probepipe`, ['build', `${root}pipelines/${name}.yaml`, '-o', builtPipeline(name)], {
      stdio: 'pipe',
    });
  if (!hasGo) return;
  goWebServer();
  const source = fileURLToPath(new URL('../kernel/fixtures/server.go', import.meta.url));
  execFileSync('go', ['build', '-o', guestServer, source], { stdio: 'pipe' });
}
