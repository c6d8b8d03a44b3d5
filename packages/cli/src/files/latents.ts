import { type HostTensor, type RunIdentity, type Streams, writeSafetensors } from '@skipstone/core';
import { version } from '../version.js';

/**
 * Writes latents as the model's codec takes them: `latents` [C, T, h, w], or `latents.<stream>` where there
 * are many. The metadata say what they were made by; no time of day, so equal runs are equal files.
 */
export async function writeLatents(
  path: string,
  latents: Streams<HostTensor>,
  made: RunIdentity,
): Promise<void> {
  const streams = Object.entries(latents);
  const named = streams.map(([stream, tensor]) => [
    streams.length === 1 ? 'latents' : `latents.${stream}`,
    tensor,
  ]);
  await writeSafetensors(path, Object.fromEntries(named), {
    metadata: { format: 'pt', made_by: `skipstone ${version()}`, made_from: JSON.stringify(made) },
  });
}
