export { keptAttention } from './kept-attention.js';
export { ROWS } from './rows.js';
export { type BenchOptions, type BenchReport, runBench } from './run-bench.js';
