import { defineProject } from 'vitest/config';

export default defineProject({ test: { name: 'hsa', include: ['src/**/*.test.ts'] } });
