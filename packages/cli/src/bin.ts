#!/usr/bin/env node
import { main } from './main.js';
import { endCode, watchProcess } from './process-end.js';

watchProcess();
process.exitCode = endCode(await main(process.argv.slice(2)));
