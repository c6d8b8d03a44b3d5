import { cfgAlign } from '@skipstone/cfg-align';
import { type JsonOptions, SkipstoneError, type VideoModel } from '@skipstone/core';
import { galaxyCache } from '@skipstone/galaxy-cache';
import type { Prompt } from '../trace/prompts.js';
import { measuredRun } from './measured-run.js';

/**
 * What a reused step costs of a computed one, by counting the operations of what really ran: four steps, of
 * which the second and the fourth reuse.
 */
export async function reuseCost(
  model: VideoModel,
  options: JsonOptions,
  prompt: Prompt,
  tap: string,
): Promise<number> {
  const plugins = [cfgAlign(), galaxyCache({ tap, threshold: 1e6, warmup: { steps: 1 }, maxConsecutive: 1 })];
  const { stepWork } = await measuredRun({
    model,
    options: { ...options, steps: 4 },
    prompt,
    seed: 0,
    plugins,
  });
  const [, reused = Number.NaN, computed = Number.NaN] = stepWork;
  const cost = reused / computed;
  if (cost >= 0 && cost < 1) return cost;
  throw new SkipstoneError({
    code: 'calibrate-cost',
    what: `calibrate: a step that reuses at ${tap} saves nothing`,
    have: `${reused} of a full step's work against ${computed}`,
    need: 'a reused step that costs less than a computed one',
    do: 'watch another tap: --tap NAME',
  });
}
