import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.config.ts', 'examples/vitest.config.ts'],
    // One worker a core; the default leaves one core idle, which is half of a small machine.
    maxWorkers: '100%',
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/tests.json' },
  },
});
