import { type Checkpoint, cfg, type PhaseRequest, type Schedule } from '@skipstone/core';
import type { Golden } from '@skipstone/golden';
import type { z } from 'zod';
import { openTransformer } from '../open-transformer.js';
import { RUN_INPUTS } from './golden-run.js';
import { assertInputs, type GoldenWan, goldenConfig, unsupported } from './golden-wan.js';
import { EXPERTS, type expertFields } from './run-fields.js';

/** One transformer for all steps. */
export function onePhase(
  { spec, weights }: Pick<GoldenWan, 'spec' | 'weights'>,
  schedule: Schedule,
  scale: number,
): readonly PhaseRequest[] {
  const guidance = cfg({ scale, form: 'uncond' });
  return [{ name: 'run', spec, weights, from: 0, to: schedule.timesteps.length, guidance }];
}

/** Keys of the two experts in their one file: as diffusers names them, and as the original release. */
const PREFIXES = {
  transformer: ['transformer.', 'high_noise_model.'],
  transformer_2: ['transformer_2.', 'low_noise_model.'],
} as const;

/** Two experts of one size, each for its stretch of steps. */
export async function expertPhases(
  golden: Golden,
  schedule: Schedule,
  { boundary_ratio, guidance }: z.infer<z.ZodObject<typeof expertFields>>,
): Promise<readonly PhaseRequest[]> {
  const config = goldenConfig(golden);
  assertInputs(golden, RUN_INPUTS);
  const checkpoint = await golden.model();
  const below = schedule.timesteps.findIndex((timestep) => timestep < 1000 * boundary_ratio);
  const steps = schedule.timesteps.length;
  const boundary = below < 0 ? steps : below;
  // Upstream looks at the first expert's scale alone when it turns guidance on or off.
  const both = guidance.transformer > 1;
  return EXPERTS.map((name, i) => {
    const { spec, weights } = openTransformer(config, name, partOf(golden, checkpoint, PREFIXES[name]));
    const scale = both ? guidance[name] : 1;
    const [from, to] = i === 0 ? [0, boundary] : [boundary, steps];
    return { name, spec, weights, from, to, guidance: cfg({ scale, form: 'uncond', both }) };
  }).filter(({ from, to }) => to > from);
}

/** The tensors whose names begin with one of these, without it. */
function partOf(golden: Golden, checkpoint: Checkpoint, prefixes: readonly string[]): Checkpoint {
  const tensors = new Map(
    [...checkpoint.tensors].flatMap(([stored, entry]) => {
      const prefix = prefixes.find((one) => stored.startsWith(one));
      if (prefix === undefined) return [];
      const name = stored.slice(prefix.length);
      return [[name, { ...entry, name }] as const];
    }),
  );
  if (tensors.size > 0) return { ...checkpoint, tensors };
  throw unsupported(golden, `no tensor of ${prefixes.join(' or ')}`, 'two experts, by prefix, in one file');
}
