import { nearestName, SkipstoneError } from '../error.js';
import { type LowRankFile, type LowRankOptions, withLowRank } from '../graph/low-rank/with-low-rank.js';
import { assertKnownOptions } from '../schedule/known-options.js';
import type { VideoModel } from './video-model.js';

/** A file of low-rank additions for a model of one phase or several. */
export interface Lora extends LowRankFile {
  /**
   * The phase it is for (`high-noise`, `low-noise`), where a model has several. Default: all of them, but for a file that
   * says itself which of two transformers it adds to.
   */
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
  for (const [i, phase] of model.phases.entries()) {
    const expert = model.phases.length === 2 ? EXPERTS[i] : undefined;
    let open = phase.model;
    for (const lora of loras) {
      if (lora.phase !== undefined && lora.phase !== phase.name) continue;
      const added = await withLowRank(open, [lora], { ...options, expert });
      if (added === open && lora.phase !== undefined && lora.strength !== 0) throw ofOther(lora, phase.name);
      open = added;
    }
    phases.push({ ...phase, model: open });
  }
  return { ...model, phases };
}

const EXPERTS = ['first', 'second'] as const;

function ofOther({ path }: Lora, phase: string): SkipstoneError {
  return new SkipstoneError({
    code: 'low-rank-phase',
    what: `${path}: it adds nothing to the phase ${phase}`,
    have: 'additions to the other transformer alone',
    need: 'additions to this one',
    do: 'leave the phase out: the file says itself which transformer it adds to',
  });
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
