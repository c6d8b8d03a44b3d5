import { defineProject } from 'vitest/config';

export default defineProject({ test: { name: 'models-ltx', include: ['src/**/*.test.ts'] } });
