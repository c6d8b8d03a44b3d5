#!/usr/bin/env node
'use strict';
// Stands in the repository, so that npm links the command when it installs a clone that is not built yet.
require('./node-20.cjs');
var main = require('node:path').join(__dirname, '..', 'dist', 'bin.js');
if (require('node:fs').existsSync(main)) import(require('node:url').pathToFileURL(main).href);
else {
  console.error('skipstone is not built yet: run `npm run build` in the root of the repository');
  process.exitCode = 1;
}
