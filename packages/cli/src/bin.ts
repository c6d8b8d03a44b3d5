#!/usr/bin/env node
import { main } from './main.js';

// A reader that goes away (`skipstone plan | head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
