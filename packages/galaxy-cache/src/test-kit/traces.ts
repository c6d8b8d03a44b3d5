import { ORACLE } from '../calibration/trace-drift.js';
import type { TraceFile, TraceHeader } from '../calibration/trace-file.js';

/** A header of some steps and taps; the rest is as it may be. For tests. */
export const testHeader = (steps: number, taps: readonly string[], prompts: number): TraceHeader => ({
  format: 'skipstone-trace',
  version: 1,
  by: 'test',
  settings: {
    model: 'demo',
    fingerprints: ['f'],
    sampler: 'euler',
    schedule: 'euler-flow',
    shift: 3,
    steps,
    guidance: [4],
    width: 64,
    height: 64,
    frames: 9,
    precision: 'fp32',
    device: 'cpu',
  },
  sigmas: Array.from({ length: steps + 1 }, (_, i) => 1 - i / steps),
  taps: [...taps],
  prompts: Array.from({ length: prompts }, (_, i) => `prompt ${i}`),
  seeds: [0],
});

/** A trace of given changes, one run a prompt: series by name, from the second step on. */
export function testTrace(runs: readonly Readonly<Record<string, readonly number[]>>[]): TraceFile {
  const [first = {}] = runs;
  const taps = Object.keys(first).filter((name) => name !== ORACLE);
  const header = testHeader((first[taps[0] ?? '']?.length ?? 0) + 1, taps, runs.length);
  return {
    header,
    runs: runs.map((changes, prompt) => ({
      prompt,
      seed: 0,
      branches: {
        cond: {
          change: Object.fromEntries(Object.entries(changes).map(([name, list]) => [name, [null, ...list]])),
          norm: {},
        },
      },
      guided: { change: {}, norm: {} },
    })),
  };
}
