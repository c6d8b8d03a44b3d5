import { SkipstoneError } from '../error.js';
import type { Given } from '../spec/given.js';
import type { ModelSpec } from '../spec/model.js';
import type { HostTensor, Streams } from '../spec/tensor.js';
import type { VideoModel } from './video-model.js';

/**
 * Pins the first latent frames of a video: `clean` are their latents `[C, T, Y, X]` a stream, as the codec has
 * them, of the height and width of the run. Give the result to `generate` as `given`.
 */
export function firstFrames(model: VideoModel, clean: Streams<HostTensor>): Given {
  const spec = model.phases[0]?.model.spec;
  if (!spec) throw new TypeError(`${model.name} has no transformer`);
  return pinFrames(spec, clean, model.name);
}

/** The same of a transformer. */
export function pinFrames(spec: ModelSpec, clean: Streams<HostTensor>, model = spec.name): Given {
  const pinned = Object.entries(clean).map(([stream, latents]) => {
    const [, frames, height, width, ...more] = latents.shape;
    if (frames === undefined || height === undefined || width === undefined || more.length > 0) {
      throw wrongShape(model, stream, latents);
    }
    // Tokens run over frames first, so those of the first frames are the first rows of any longer video.
    const rows = spec.patchify({ [stream]: latents }, { frames, height, width })[stream];
    if (!rows) throw new TypeError(`${model} makes no rows of ${stream}`);
    const ids = Int32Array.from({ length: rows.shape[0] ?? 0 }, (_, i) => i);
    return [stream, { rows: ids, clean: rows }] as const;
  });
  return { pinned: Object.fromEntries(pinned) };
}

function wrongShape(model: string, stream: string, { type, shape }: HostTensor): SkipstoneError {
  return new SkipstoneError({
    code: 'first-frames',
    what: `${model}: the clean frames of ${stream} are no latents`,
    have: `${type} [${shape.join(', ')}]`,
    need: 'float32 [channels, frames, height, width], without a batch axis',
    do: 'give the encoded frames as the codec has them',
  });
}
