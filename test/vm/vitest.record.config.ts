import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** No tests: what documentation shows of other kernels is recorded with these, by hand; a name as argument chooses. */
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  test: { include: ['test/vm/record-*.ts'], fileParallelism: false, testTimeout: 1_800_000 },
});
