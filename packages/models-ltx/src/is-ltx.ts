import { isTransformer } from '@skipstone/core';
import { diffusersName, MARKER } from './keys.js';

/** True if an LTX-2 transformer lies there: by its `config.json`, or where there is none by its names. */
export const isLtx = (path: string): Promise<boolean> =>
  isTransformer(path, 'LTX2VideoTransformer3DModel', { renames: diffusersName, marker: MARKER });
