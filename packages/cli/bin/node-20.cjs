'use strict';
// Ends here on an older Node, in one line, before anything else is loaded. Written so that old ones can read it.
if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(
    'skipstone needs Node 20 or newer, and this is Node ' + process.versions.node + ': https://nodejs.org',
  );
  process.exit(1);
}
