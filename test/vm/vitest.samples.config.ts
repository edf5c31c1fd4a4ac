import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** No tests: records samples in a guest, and is run by hand (scripts/record-samples). */
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  test: { include: ['test/vm/record-samples.ts'], testTimeout: 900_000 },
});
