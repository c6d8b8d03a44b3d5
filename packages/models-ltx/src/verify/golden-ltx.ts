import { type OpenModel, openModel, renamed, SkipstoneError } from '@skipstone/core';
import type { Floats, Golden } from '@skipstone/golden';
import { floatInput, sample } from '@skipstone/golden';
import { z } from 'zod';
import { type LtxConfig, ltxConfig } from '../config.js';
import { diffusersName } from '../keys.js';
import { type LtxOptions, ltxTransformer, unreadWeights } from '../transformer.js';

/** The model of a golden folder, on its weights. */
export interface GoldenLtx extends OpenModel {
  readonly config: LtxConfig;
}

/** True if the folder's reference is an LTX-2 transformer, supported or not. */
export const isLtxCase = ({ config }: Golden): boolean =>
  config._class_name === 'LTX2VideoTransformer3DModel';

/** The size of a case, as its `call` says it. */
export const callFields = {
  num_frames: z.int().positive(),
  height: z.int().positive(),
  width: z.int().positive(),
  fps: z.number().positive(),
  audio_num_frames: z.int().positive(),
  use_cross_timestep: z.boolean().default(false),
} as const;

export type GoldenCall = z.infer<z.ZodObject<typeof callFields>>;

export const gridOfCall = ({ num_frames: frames, height, width }: GoldenCall) => ({ frames, height, width });

/** Opens the model of a folder whose case reads `inputs` and no others. */
export async function openGoldenLtx(
  golden: Golden,
  call: GoldenCall,
  inputs: readonly string[],
  options: LtxOptions = {},
): Promise<GoldenLtx> {
  const config = ltxConfig(golden.config, `${golden.folder}/config.json`);
  const other = [...golden.tensors.keys()].filter((name) => name.startsWith('in.') && !inputs.includes(name));
  if (other.length > 0) throw unsupported(golden, `it reads ${other.join(', ')}`, inputs.join(', '));
  const checkpoint = renamed(await golden.model(), diffusersName);
  const { fps, audio_num_frames: audioTokens, use_cross_timestep: crossTimestep } = call;
  const own = { fps, audioTokens, crossTimestep, ...options };
  const model = openModel(ltxTransformer(config, 'golden', own), checkpoint, { ignore: unreadWeights(own) });
  return { ...model, config };
}

/** Rows `[N, width]` of a batch of one. */
export async function rowsInput(golden: Golden, name: string): Promise<Floats> {
  const batch = await floatInput(golden, name, 3);
  if (batch.shape[0] !== 1) throw unsupported(golden, `a batch of ${batch.shape[0]}`, 'one sample');
  return sample(batch, 0);
}

export function unsupported({ folder }: Golden, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'verify-unsupported',
    what: `${folder}: this variant of LTX-2 is not supported`,
    have,
    need,
    do: 'verify the cases of LTX-2.0 and 2.3',
  });
}
