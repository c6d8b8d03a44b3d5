import type { HostTensor } from '../../spec/tensor.js';
import { TOY_BLOCKS, TOY_WIDTH } from './weights.js';

type Matrix = readonly (readonly number[])[];
type Weights = Readonly<Record<string, HostTensor>>;

export interface ToyCall {
  readonly weights: Weights;
  /** Rows of each stream, `[N][2]`. */
  readonly latents: { readonly video: Matrix; readonly audio: Matrix };
  readonly text: Matrix;
  readonly timestep: number;
  readonly variant?: 'plain' | 'skip-attention' | 'isolated';
  /** First block of the variant; the blocks before it are plain. Default 0. */
  readonly from?: number;
}

/** The toy in plain float64 arithmetic: the oracle that its graphs are held against. */
export function toyReference(call: ToyCall): { readonly video: Matrix; readonly audio: Matrix } {
  const { weights, latents, timestep } = call;
  const text = meanRow(times(weights, 'text_in', call.text));
  let video = times(weights, 'video_in', latents.video);
  let audio = times(weights, 'audio_in', latents.audio);
  const gateOf = (token: number, stream: string): number =>
    1 + (stream === 'video' && token === 0 ? 0 : timestep) / 1000;
  for (let i = 0; i < TOY_BLOCKS; i++) {
    const variant = i < (call.from ?? 0) ? 'plain' : (call.variant ?? 'plain');
    const values = {
      video: times(weights, `blocks.${i}.video.to_v`, video),
      audio: times(weights, `blocks.${i}.audio.to_v`, audio),
    };
    const step = (hidden: Matrix, stream: 'video' | 'audio', cross: readonly number[]): Matrix =>
      hidden.map((row, n) =>
        row.map((h, d) => {
          const own = variant === 'skip-attention' ? values[stream][n]?.[d] : meanRow(values[stream])[d];
          return h + gateOf(n, stream) * (h / 4 + (own ?? 0)) + (cross[d] ?? 0) + (text[d] ?? 0);
        }),
      );
    const none = new Array<number>(TOY_WIDTH).fill(0);
    const next = step(video, 'video', variant === 'isolated' ? none : meanRow(values.audio));
    audio = step(audio, 'audio', none);
    video = next;
  }
  return { video: times(weights, 'video_out', video), audio: times(weights, 'audio_out', audio) };
}

/** x·Wᵀ. */
function times(weights: Weights, path: string, x: Matrix): Matrix {
  const data = weights[`${path}.weight`]?.data as Float32Array;
  return x.map((row) =>
    Array.from({ length: TOY_WIDTH }, (_, out) =>
      row.reduce((sum, value, i) => sum + value * (data[out * TOY_WIDTH + i] ?? 0), 0),
    ),
  );
}

const meanRow = (rows: Matrix): readonly number[] =>
  Array.from(
    { length: TOY_WIDTH },
    (_, d) => rows.reduce((sum, row) => sum + (row[d] ?? 0), 0) / rows.length,
  );
