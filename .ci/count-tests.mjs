/** Prints the counts of a vitest JSON report as one line; fails when a test failed or none ran. */
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report;
const brokenFiles = testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
);
const failed = numFailedTests + brokenFiles.length;
const skipped = numPendingTests + numTodoTests;

if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${numPassedTests} passed, ${failed} failed`);
process.exitCode = failed > 0 || numPassedTests === 0 ? 1 : 0;
