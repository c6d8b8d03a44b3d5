import { assertKnownOptions, type Branch, type Guidance, SkipstoneError, weighted } from '@skipstone/core';

/** How far guidance goes in one stream. */
export interface LtxScales {
  /** Away from the negative prompt; 1 is not at all. */
  readonly cfg: number;
  /** Away from the model with some self-attentions skipped; 0 is not at all. */
  readonly stg: number;
  /** Away from the model whose streams do not read each other; 1 is not at all. */
  readonly modality: number;
  /** 0 to 1: how far the spread of the clean prediction goes back to that of the prompt's. */
  readonly rescale: number;
}

/** Source: the original pipelines of Lightricks/LTX-2 400fd310 for 2.3, and diffusers 58eb52c0. */
export const LTX_SCALES: { readonly video: LtxScales; readonly audio: LtxScales } = {
  video: { cfg: 3, stg: 1, modality: 3, rescale: 0.7 },
  audio: { cfg: 7, stg: 1, modality: 3, rescale: 0.7 },
};

export interface LtxGuidanceOptions {
  readonly video?: Partial<LtxScales>;
  /** A scale that is left out is the published one of audio, not the video's: 0 means 0. */
  readonly audio?: Partial<LtxScales>;
  /** First block whose self-attentions the perturbed branch skips: it goes on from the prompt's before that. */
  readonly firstPerturbed: number;
}

/**
 * Up to four branches: prompt, negative prompt, perturbed, isolated. On clean predictions, per stream,
 *   x̂ = c + (cfg − 1)(c − u) + stg·(c − p) + (modality − 1)(c − i),
 * then rescaled. A branch runs if either stream wants it, and pulls each stream by its own scale.
 *
 * Deviation: a scale of audio that is 0 is 0; diffusers takes the video's for it.
 */
export function ltxGuidance(options: LtxGuidanceOptions): Guidance {
  assertKnownOptions('ltxGuidance', options, ['video', 'audio', 'firstPerturbed']);
  const video = scalesOf('video', options.video);
  const audio = scalesOf('audio', options.audio);
  const { firstPerturbed } = options;
  const perStream = (of: (scales: LtxScales) => number) => ({ video: of(video), audio: of(audio) });
  const branches: Branch[] = [{ name: 'cond', text: 'cond' }];
  const weights: Record<string, { readonly video: number; readonly audio: number }> = {};
  const add = (branch: Branch, runs: boolean, weight: (scales: LtxScales) => number): void => {
    if (!runs) return;
    branches.push(branch);
    weights[branch.name] = perStream(weight);
  };
  add({ name: 'uncond', text: 'uncond' }, video.cfg > 1 || audio.cfg > 1, ({ cfg }) => 1 - cfg);
  const fork = firstPerturbed > 0 ? { fork: { from: 'cond', at: `blocks.${firstPerturbed - 1}` } } : {};
  const perturbed = { name: 'perturbed', text: 'cond', variant: 'skip-attention', ...fork };
  add(perturbed, video.stg > 0 || audio.stg > 0, ({ stg }) => -stg);
  const isolated = { name: 'isolated', text: 'cond', variant: 'isolated' };
  add(isolated, video.modality > 1 || audio.modality > 1, ({ modality }) => 1 - modality);
  return weighted({ name: 'ltx', branches, weights, rescale: perStream(({ rescale }) => rescale) });
}

function scalesOf(stream: 'video' | 'audio', asked: Partial<LtxScales> = {}): LtxScales {
  const usual = LTX_SCALES[stream];
  assertKnownOptions(`ltxGuidance, ${stream}`, asked, Object.keys(usual));
  const scales = { ...usual, ...asked };
  const wrong = Object.entries(scales).find(([, value]) => !Number.isFinite(value));
  if (!wrong) return scales;
  throw new SkipstoneError({
    code: 'guidance-scale',
    what: `ltxGuidance: a scale of ${stream} is not a number`,
    have: `${wrong[0]} ${wrong[1]}`,
    need: 'finite numbers',
    do: 'leave it out for the published one',
  });
}
