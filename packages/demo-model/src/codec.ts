import {
  type Checkpoint,
  type Codec,
  claimTensors,
  type Frames,
  type HostTensor,
  readTensor,
  SkipstoneError,
} from '@skipstone/core';

/** Pixels of a side of a picture. */
export const PIXELS = 64;
/** Pixels of a side of the square of one latent pixel. */
export const SQUARE = 4;
/** Y = X: latent rows and columns. */
export const LATENT_SIDE = PIXELS / SQUARE;
/** C, latent channels. */
export const CHANNELS = 16;
/** Values of a square: rows, columns, colours. */
export const VALUES = SQUARE * SQUARE * 3;
/** Chosen for watching: nine frames last about a second. Training knew no rate. */
export const FRAMES_PER_SECOND = 8;

/** The codec's numbers. */
export interface CodecTables {
  /** `[C, 48]`, already times the standard deviation of its channel. */
  readonly basis: Float64Array;
  /** `[48]` */
  readonly mean: Float64Array;
}

/**
 * The linear codec: a latent pixel is 4×4 pixels of one frame, values = (z · std) @ basis + mean, in the order
 * (row, column, colour), in [−1, 1]. Time is not compressed.
 */
export async function linearCodec(checkpoint: Checkpoint): Promise<Codec> {
  const tables = await readCodecTables(checkpoint);
  return {
    decode: async ({ video }, grid) => {
      assertLatents(video, grid.frames);
      const rgba = Array.from({ length: grid.frames }, (_, t) =>
        decodeFrame(video.data, t, grid.frames, tables),
      );
      return { width: PIXELS, height: PIXELS, framesPerSecond: FRAMES_PER_SECOND, rgba } satisfies Frames;
    },
  };
}

/** Reads the numbers of a codec. */
export async function readCodecTables(checkpoint: Checkpoint): Promise<CodecTables> {
  const claims = claimTensors(checkpoint);
  const read = async (name: string, shape: readonly number[]): Promise<Float64Array> =>
    Float64Array.from((await readTensor(claims.claim(name, shape))).data, Number);
  const std = await read('latents_std', [CHANNELS]);
  const basis = await read('basis', [CHANNELS, VALUES]);
  const mean = await read('mean', [VALUES]);
  claims.finish();
  return { basis: basis.map((value, i) => value * (std[Math.floor(i / VALUES)] ?? 0)), mean };
}

function decodeFrame(
  latents: Float32Array,
  t: number,
  frames: number,
  tables: CodecTables,
): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(PIXELS * PIXELS * 4).fill(255);
  const z = new Float64Array(CHANNELS);
  const plane = LATENT_SIDE * LATENT_SIDE;
  for (let y = 0; y < LATENT_SIDE; y++) {
    for (let x = 0; x < LATENT_SIDE; x++) {
      for (let c = 0; c < CHANNELS; c++) z[c] = latents[(c * frames + t) * plane + y * LATENT_SIDE + x] ?? 0;
      decodeSquare(z, tables).forEach((value, i) => {
        const pixel = Math.floor(i / 3);
        const [row, column] = [y * SQUARE + Math.floor(pixel / SQUARE), x * SQUARE + (pixel % SQUARE)];
        rgba[(row * PIXELS + column) * 4 + (i % 3)] = byteOf(value);
      });
    }
  }
  return rgba;
}

/** 48 values of one latent pixel. */
function decodeSquare(z: Float64Array, { basis, mean }: CodecTables): Float64Array {
  const values = mean.slice();
  for (let c = 0; c < CHANNELS; c++) {
    const weight = z[c] ?? 0;
    for (let i = 0; i < VALUES; i++) values[i] = (values[i] ?? 0) + weight * (basis[c * VALUES + i] ?? 0);
  }
  return values;
}

/** [−1, 1] → 0 … 255, cut off and rounded down as the training's own sheets are. */
const byteOf = (value: number): number => Math.floor((Math.min(1, Math.max(-1, value)) + 1) * 127.5);

type Float32Tensor = HostTensor & { readonly data: Float32Array };

function assertLatents(video: HostTensor | undefined, frames: number): asserts video is Float32Tensor {
  const shape = [CHANNELS, frames, LATENT_SIDE, LATENT_SIDE];
  const size = shape.reduce((a, b) => a * b);
  if (video?.data instanceof Float32Array && video.data.length === size) return;
  throw new SkipstoneError({
    code: 'demo-latents',
    what: 'demo model: these are not latents its codec can decode',
    have: video ? `${video.type} [${video.shape.join(', ')}]` : 'no stream named video',
    need: `video: float32 [${shape.join(', ')}]`,
    do: 'give latents as generate gives them',
  });
}
