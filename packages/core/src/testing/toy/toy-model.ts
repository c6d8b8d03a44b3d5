import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '../../checkpoint/open.js';
import { writeSafetensors } from '../../checkpoint/write.js';
import { type OpenModel, openModel } from '../../graph/model-weights.js';
import { toySpec } from './spec.js';
import { toyWeights } from './weights.js';

/** The toy on real weights in a real file, in a temporary folder; another seed is another expert. */
export async function toyModel(seed = 1): Promise<OpenModel> {
  const folder = await mkdtemp(join(tmpdir(), 'skipstone-toy-'));
  const path = join(folder, 'toy.safetensors');
  await writeSafetensors(path, toyWeights(seed));
  return openModel(toySpec, await openCheckpoint(path));
}
