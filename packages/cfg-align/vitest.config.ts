import { defineProject } from 'vitest/config';

export default defineProject({ test: { name: 'cfg-align', include: ['src/**/*.test.ts'] } });
