import { isTransformer } from '@skipstone/core';
import { diffusersName, MARKER } from './keys.js';

/** True if a Cosmos transformer lies there: by its `config.json`, or where there is none by its names. */
export const isCosmos = (path: string): Promise<boolean> =>
  isTransformer(path, 'CosmosTransformer3DModel', { renames: diffusersName, marker: MARKER });
