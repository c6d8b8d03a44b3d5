import { defineProject } from 'vitest/config';

/** A run has a worker of its own. */
const testTimeout = 60_000;

export default defineProject({ test: { name: 'astraea', include: ['src/**/*.test.ts'], testTimeout } });
