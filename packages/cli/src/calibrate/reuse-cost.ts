import { cfgAlign } from '@skipstone/cfg-align';
import { SkipstoneError } from '@skipstone/core';
import { galaxyCache } from '@skipstone/galaxy-cache';
import { hasGrid, measuredRun, type RunRequest, reusedSteps } from '@skipstone/galaxy-cache/calibration';

/** Steps that suffice to see one that reuses and one that computes, and not the first. */
const FEW = 4;

export interface CostRequest extends Omit<RunRequest, 'seed' | 'plugins'> {
  readonly tap: string;
}

/**
 * What a reused step costs of a computed one, by counting the operations of what really ran: four steps, of which
 * every other reuses. As many as were traced where the model has no grid of four (distilled ones), or where a phase
 * ends so early among four that all its computed steps are firsts.
 */
export async function reuseCost({ tap, ...request }: CostRequest): Promise<number> {
  const { options, model } = request;
  const few = hasGrid(model, { ...options, steps: FEW }) ? await costAt(tap, request, FEW) : undefined;
  const cost = few ?? (await costAt(tap, request, options.steps ?? model.defaults.steps));
  if (cost !== undefined && cost < 1) return cost;
  throw new SkipstoneError({
    code: 'calibrate-cost',
    what: `calibrate: a step that reuses at ${tap} saves nothing`,
    have: cost === undefined ? 'no step that reuses' : `${cost.toPrecision(3)} of a computed step's work`,
    need: 'a reused step that costs less than a computed one',
    do: 'watch another tap: --tap NAME; or trace more steps',
  });
}

/** Undefined where no step reuses, or none that computes can be compared with. */
async function costAt(
  tap: string,
  request: Omit<CostRequest, 'tap'>,
  steps: number,
): Promise<number | undefined> {
  const plugins = [cfgAlign(), galaxyCache({ tap, threshold: 1e6, warmup: { steps: 1 }, maxConsecutive: 1 })];
  const options = { ...request.options, steps };
  const { stepWork, ledger, begins } = await measuredRun({ ...request, options, seed: 0, plugins });
  const reusing = reusedSteps(ledger);
  const reused = stepWork.find((_, step) => reusing.has(step));
  const computed = stepWork.find((_, step) => !reusing.has(step) && !begins.includes(step));
  return reused === undefined || !computed ? undefined : reused / computed;
}
