import { SkipstoneError } from '../error.js';
import type { Grid } from '../spec/model.js';
import type { HostTensor } from '../spec/tensor.js';

/**
 * Latents `[C, T, Y, X]` ↔ rows `[N, P]` of patches of 1×2×2, P = 4·C: row of the patch, column of the patch,
 * channel (fastest), which is the order of most video transformers' output. Tokens run over frames, then rows,
 * then columns of patches.
 */
export function patchify(latents: HostTensor, channels: number, grid: Grid): HostTensor {
  return permute(latents, channels, grid, 'rows');
}

export function unpatchify(rows: HostTensor, channels: number, grid: Grid): HostTensor {
  return permute(rows, channels, grid, 'latents');
}

function permute(from: HostTensor, channels: number, grid: Grid, to: 'rows' | 'latents'): HostTensor {
  const { frames: T, height: h, width: w } = grid;
  const size = channels * T * h * w;
  const { data } = from;
  if (!(data instanceof Float32Array) || data.length !== size || h % 2 || w % 2) {
    throw new SkipstoneError({
      code: 'latents-grid',
      what: 'latents do not fit the grid',
      have: `${from.type} [${from.shape.join(', ')}]`,
      need: `float32, ${channels} channels × ${T} frames × ${h} × ${w} (even), ${size} values`,
      do: 'give latents of the size that is asked for',
    });
  }
  const out = new Float32Array(size);
  let row = 0;
  for (let t = 0; t < T; t++) {
    for (let y = 0; y < h; y += 2) {
      for (let x = 0; x < w; x += 2) {
        for (let p = 0; p < 4; p++) {
          const pixel = (t * h + y + (p >> 1)) * w + x + (p & 1);
          for (let c = 0; c < channels; c++, row++) {
            const latent = c * T * h * w + pixel;
            if (to === 'rows') out[row] = data[latent] ?? 0;
            else out[latent] = data[row] ?? 0;
          }
        }
      }
    }
  }
  const tokens = (T * h * w) / 4;
  const shape = to === 'rows' ? [tokens, 4 * channels] : [channels, T, h, w];
  return { type: 'float32', shape, data: out };
}
