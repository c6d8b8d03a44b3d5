import { defineProject } from 'vitest/config';

export default defineProject({ test: { name: 'models-wan', include: ['src/**/*.test.ts'] } });
