import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** What runs inside a guest: few processes and long limits, since everything is several times slower there. */
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  cacheDir: '/tmp/vite',
  test: {
    include: ['test/vm/in-guest/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
