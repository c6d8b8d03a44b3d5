import { SkipstoneError } from '../../error.js';
import type { Given } from '../../spec/given.js';
import type { HostTensor, Streams } from '../../spec/tensor.js';
import { assertFinite } from './finite.js';

interface GivenValues {
  readonly latents: Streams<HostTensor>;
  readonly conditions: Readonly<Record<string, Readonly<Record<string, HostTensor>>>>;
  readonly given: readonly Given[];
}

/** What a run is given is finite: latents, encoded text, tables, clean tokens. */
export function checkGivenValues({ latents, conditions, given }: GivenValues): void {
  const check = (of: string, tensors: Readonly<Record<string, HostTensor>> = {}): void => {
    for (const [name, tensor] of Object.entries(tensors)) assertFinite(`${of} ${name}`, tensor);
  };
  check('the latents of', latents);
  for (const [text, ports] of Object.entries(conditions)) check(`the encoded prompt ${text}:`, ports);
  for (const { tables, pinned = {} } of given) {
    check('the given table', tables);
    for (const [name, { clean }] of Object.entries(pinned)) check('the clean tokens of', { [name]: clean });
  }
}

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
