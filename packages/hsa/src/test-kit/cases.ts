import { groupedReuse, middleSkip } from '@skipstone/core/testing';
import type { HsaOptions } from '../options.js';

export const STEPS = 12;
/** Groups by score, of video alone. */
export const ONE_STREAM = {
  strides: [1, 2, 4],
  fractions: [0.25, 0.25, 0.5],
  early: { steps: 3 },
  late: { steps: 1 },
  scoreSteps: [1, 2],
} as const satisfies HsaOptions;
/** The same, of both streams. */
export const THREE = { ...ONE_STREAM, streams: ['video', 'audio'] } as const satisfies HsaOptions;
/** A group for each token. */
export const GIVEN = { video: '012012012012', audio: '012' };
/** No group is due at every step, no window. */
export const LAZY = {
  strides: [2, 4, 6],
  early: { steps: 0 },
  late: { steps: 0 },
  streams: ['video', 'audio'],
  assignment: GIVEN,
} as const satisfies HsaOptions;

const reuse = Array.from({ length: STEPS }, (_, i) => i % 2 === 1);
const groups = { video: Int32Array.from({ length: 12 }, (_, i) => i % 2), audio: Int32Array.from([0, 1, 1]) };
/** What hsa runs beside. */
export const others = [
  () => groupedReuse({ tap: 'blocks.0.attn_out', groups, early: 4, late: 1, reuse, strides: [1, 2] }),
  () =>
    middleSkip({
      from: 'blocks.0',
      to: 'blocks.2',
      skips: Array.from({ length: STEPS }, (_, i) => i > 3 && i !== 6),
      decided: 'inside',
    }),
];
