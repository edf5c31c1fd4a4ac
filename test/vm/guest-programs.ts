/** Programs for guests, made on this machine: a guest's emulated processors would take minutes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hasGo } from '../support/programs.js';

export const guestServer = fileURLToPath(new URL('../../build/guest-programs/server', import.meta.url));

/** Below `build/`, which guests see as part of the checkout. */
export function buildGuestPrograms(): void {
  if (!hasGo) return;
  mkdirSync(fileURLToPath(new URL('../../build/guest-programs', import.meta.url)), { recursive: true });
  const source = fileURLToPath(new URL('../kernel/fixtures/server.go', import.meta.url));
  execFileSync('go', ['build', '-o', guestServer, source], { stdio: 'pipe' });
}
