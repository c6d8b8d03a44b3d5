#!/usr/bin/env node
import { createRequire } from 'node:module';

createRequire(import.meta.url)('../bin/node-20.cjs');
const { main } = await import('./main.js');
const { endCode, watchProcess } = await import('./process-end.js');

watchProcess();
process.exitCode = endCode(await main(process.argv.slice(2)));
