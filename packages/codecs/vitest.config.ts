import { defineProject } from 'vitest/config';

/** A run has a worker of its own. */
const testTimeout = 60_000;

export default defineProject({ test: { name: 'codecs', include: ['src/**/*.test.ts'], testTimeout } });
