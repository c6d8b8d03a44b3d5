import { SkipstoneError } from '../error.js';
import type { HostTensor, Streams } from '../spec/tensor.js';

/** An advance hook gives all rows of every stream. */
export function checkLatents(before: Streams, after: Streams, step: number): void {
  for (const [stream, tensor] of Object.entries(before)) {
    if (after[stream]?.shape.join() === tensor.shape.join()) continue;
    throw new SkipstoneError({
      code: 'advance-shape',
      what: `step ${step} gave latents of another shape for ${stream}`,
      have: `[${after[stream]?.shape.join(', ') ?? 'nothing'}]`,
      need: `[${tensor.shape.join(', ')}], all rows`,
      do: 'return all rows from advance hooks: scatter the ones that moved',
    });
  }
}

export function wrongLatents(
  stream: string,
  shape: readonly number[],
  host: HostTensor | undefined,
): SkipstoneError {
  return new SkipstoneError({
    code: 'latents-shape',
    what: `the latents of ${stream} do not fit the plan`,
    have: host ? `${host.type} [${host.shape.join(', ')}]` : 'none',
    need: `float32 [${shape.join(', ')}]`,
    do: 'patchify latents of the grid that the plan was made for',
  });
}
