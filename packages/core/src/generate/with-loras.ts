import { nearestName, SkipstoneError } from '../error.js';
import { type LowRankFile, type LowRankOptions, withLowRank } from '../graph/low-rank/with-low-rank.js';
import { assertKnownOptions } from '../schedule/known-options.js';
import type { VideoModel } from './video-model.js';

/** A file of low-rank additions for a model of one phase or several. */
export interface Lora extends LowRankFile {
  /** The phase it is for (`high-noise`, `low-noise`), where a model has several. Default: all of them. */
  readonly phase?: string;
}

/** The same model with low-rank additions (LoRA) in its phases, see `withLowRank`. In the order given. */
export async function withLoras<M extends VideoModel>(
  model: M,
  loras: readonly Lora[] = [],
  options: LowRankOptions = {},
): Promise<M> {
  const names = model.phases.map(({ name }) => name);
  for (const lora of loras) {
    assertKnownOptions(`${model.name}: loras`, lora, ['path', 'strength', 'phase']);
    if (lora.phase !== undefined && !names.includes(lora.phase)) throw unknownPhase(lora, lora.phase, names);
  }
  const phases = [];
  for (const phase of model.phases) {
    const own = loras.filter((lora) => lora.phase === undefined || lora.phase === phase.name);
    phases.push({ ...phase, model: await withLowRank(phase.model, own, options) });
  }
  return { ...model, phases };
}

function unknownPhase({ path }: Lora, phase: string, names: readonly string[]): SkipstoneError {
  return new SkipstoneError({
    code: 'low-rank-phase',
    what: `${path}: the model has no phase ${phase}`,
    have: names.join(', '),
    need: 'one of these, or none for all',
    do: `did you mean ${nearestName(phase, names)}?`,
  });
}
