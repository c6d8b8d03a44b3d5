import { defineProject } from 'vitest/config';

export default defineProject({ test: { name: 'galaxy-cache', include: ['src/**/*.test.ts'] } });
