import { join } from 'node:path';
import { openCheckpoint } from '../../checkpoint/open.js';
import { writeSafetensors } from '../../checkpoint/write.js';
import { type OpenModel, openModel } from '../../graph/model-weights.js';
import { temporaryFolder } from '../temporary-folder.js';
import { toySpec } from './spec.js';
import { toyWeights } from './weights.js';

/** The toy on real weights in a real file, in a folder that goes with the process; another seed is another expert. */
export async function toyModel(seed = 1): Promise<OpenModel> {
  const folder = await temporaryFolder('toy');
  const path = join(folder, 'toy.safetensors');
  await writeSafetensors(path, toyWeights(seed));
  return openModel(toySpec, await openCheckpoint(path));
}
