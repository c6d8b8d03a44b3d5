import {
  type Checkpoint,
  findTensor,
  type LatentStatistics,
  readTensor,
  SkipstoneError,
} from '@skipstone/core';

/** Names of the numbers by which latents are normalised, in a checkpoint that holds them. */
export const STATISTICS = ['latents_mean', 'latents_std'] as const;

/** Mean and spread of latents, so many of each. Error `checkpoint-shape`. */
export async function readStatistics(checkpoint: Checkpoint, count: number): Promise<LatentStatistics> {
  const read = async (name: string): Promise<Float32Array> => {
    const entry = findTensor(checkpoint, name);
    const { data } = await readTensor(entry);
    if (data instanceof Float32Array && data.length === count) return data;
    throw new SkipstoneError({
      code: 'checkpoint-shape',
      what: `the tensor '${name}' does not fit the latents`,
      have: `${entry.dtype} [${entry.shape.join(', ')}] in ${entry.file}`,
      need: `[${count}], floats`,
      do: 'check that config.json belongs to this checkpoint',
    });
  };
  return { mean: await read(STATISTICS[0]), spread: await read(STATISTICS[1]) };
}
