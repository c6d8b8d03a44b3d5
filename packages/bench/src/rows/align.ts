import { cfgAlign } from '@skipstone/cfg-align';
import { demoModel, examplePrompts } from '@skipstone/demo-model';
import { galaxyCache } from '@skipstone/galaxy-cache';
import { type Held, heldByWay, type Way } from '../held-runs.js';
import type { Bench, Outcome } from '../row.js';
import { mean } from '../statistics.js';

const SEED = 1;

/** Sums of relative changes: aligned runs have the middle one, the others around it show what work is worth. */
const THRESHOLDS = [0.15, 0.25, 0.4] as const;
const SHOWN = THRESHOLDS[1];

const cache = (threshold: number) => galaxyCache({ tap: 'cross_attn_out', threshold });

const WAYS: Readonly<Record<string, Way>> = {
  aligned: () => ({ plugins: [cfgAlign(), cache(SHOWN)] }),
  ...Object.fromEntries(THRESHOLDS.map((at) => [String(at), () => ({ plugins: [cache(at)] })])),
};

/** What it is worth that one branch decides for both. */
export async function* align(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const [prompts, steps] = bench.quick ? [1, 8] : [3, 24];
  for (const guidance of bench.quick ? [4] : [1, 2, 4, 6, 8, 10]) {
    bench.say(`guidance ${guidance}`);
    const videos = examplePrompts(prompts, SEED).map((prompt) => ({ prompt, guidance, steps, seed: SEED }));
    const held = await heldByWay(bench, model, videos, () => WAYS);
    yield* outcomes(guidance, steps, (way) => held.get(String(way)) ?? []);
  }
}

function* outcomes(
  scale: number,
  steps: number,
  of: (way: 'aligned' | number) => readonly Held[],
): Generator<Outcome> {
  const text = (name: string, runs: readonly Held[]): string =>
    `${name} ${mean(runs.map((run) => run.psnr)).toFixed(1)} dB with ${mean(runs.map((run) => run.reuses)).toFixed(1)} reuses`;
  const [aligned, shown, lines] = [of('aligned'), of(SHOWN), THRESHOLDS.map(of)];
  yield {
    what: `guidance ${scale}, ahead at the same threshold`,
    unit: 'dB',
    samples: aligned.map((one, i) => one.psnr - (shown[i]?.psnr ?? Number.NaN)),
    note: `threshold ${SHOWN}, ${steps} steps, means: ${text('aligned', aligned)}, ${text('unaligned', shown)}`,
    details: { aligned, unaligned: lines },
  };
  yield {
    what: `guidance ${scale}, ahead at as many reuses`,
    unit: 'dB',
    samples: aligned.flatMap(
      (one, i) =>
        aheadAtEqualWork(
          one,
          lines.flatMap((line) => line[i] ?? []),
        ) ?? [],
    ),
    note: `against lines between unaligned runs at thresholds ${THRESHOLDS.join(', ')}`,
  };
}

type WorkPoint = Pick<Held, 'reuses' | 'psnr'>;

/**
 * By how many dB `one` is ahead at as many reuses: against the straight line between the two `others` around it.
 * Undefined where it does not lie between any.
 */
export function aheadAtEqualWork(one: WorkPoint, others: readonly WorkPoint[]): number | undefined {
  const sorted = others.toSorted((a, b) => a.reuses - b.reuses);
  const below = sorted.findLast(({ reuses }) => reuses <= one.reuses);
  const above = sorted.find(({ reuses }) => reuses >= one.reuses);
  if (!below || !above) return undefined;
  const share = (one.reuses - below.reuses) / (above.reuses - below.reuses || 1);
  return one.psnr - (below.psnr + share * (above.psnr - below.psnr));
}
