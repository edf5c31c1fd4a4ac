/** A kernel that takes LSM programs and never calls them, since BPF is not among its security modules: a run must not be as silent as that. */
import { expect, it } from 'vitest';
import { findGuest, runInGuest } from './guest.js';

const guest = await findGuest('6.1');
const pipeline = 'probes: { open: { attach: "lsm:file_open", fields: [pid] } }';

it('lsm: is refused where no program would be called', { timeout: 360_000 }, async (context) => {
  if ('missing' in guest) return context.skip(guest.missing);
  const command = `echo '${pipeline}' >/tmp/lsm.yaml; bin/probepipe run /tmp/lsm.yaml --duration 1s`;
  const { exitCode, output } = await runInGuest(guest, command, {
    timeoutMs: 300_000,
    kernelOptions: ['lsm=lockdown,yama'],
  });
  expect(output).toContain('lsm:file_open: BPF is not among its security modules; add "bpf" to the list lsm=');
  expect(exitCode).toBe(4);
});
