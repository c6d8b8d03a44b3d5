import { defineProject } from 'vitest/config';

/** A law is up to six runs, each with a worker of its own. */
const testTimeout = 60_000;

export default defineProject({ test: { name: 'golden', include: ['src/**/*.test.ts'], testTimeout } });
