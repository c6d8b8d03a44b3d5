import { defineProject } from 'vitest/config';

export default defineProject({ test: { name: 'models-cosmos', include: ['src/**/*.test.ts'] } });
