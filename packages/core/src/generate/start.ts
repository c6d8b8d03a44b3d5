import { SkipstoneError } from '../error.js';
import { assertFinite } from '../loop/step/finite.js';
import { gaussianNoise } from '../noise/gaussian-noise.js';
import type { Grid } from '../spec/model.js';
import type { Schedule } from '../spec/schedule.js';
import type { HostTensor, Streams } from '../spec/tensor.js';
import type { VideoModel } from './video-model.js';

/**
 * Unit noise of a seed in the layout of the codec's latents, the streams one after the other in the model's order.
 * `offset`: values of this seed that were drawn before, such as those of a first stage. Default 0.
 */
export function seededNoise(model: VideoModel, grid: Grid, seed: number, offset = 0): Streams<HostTensor> {
  let drawn = offset;
  return Object.fromEntries(
    Object.entries(model.latentShape(grid)).map(([stream, shape]) => {
      const data = gaussianNoise({ seed, shape, offset: drawn });
      drawn += data.length;
      return [stream, { type: 'float32', shape, data }];
    }),
  );
}

export interface Start {
  readonly schedule: Schedule;
  readonly noise: Streams<HostTensor>;
  /** Latents to go on from; noise alone where there are none. */
  readonly clean?: Streams<HostTensor> | undefined;
}

/**
 * The state a run begins with: noise, or clean latents z with noise ε of the first level σ, (1 − σ)·z + σ·ε. At
 * σ = 1 both are the same.
 */
export function startState(model: VideoModel, grid: Grid, start: Start): Streams<HostTensor> {
  const { schedule, noise, clean } = start;
  if (!clean) return scaled(noise, schedule.startScale);
  checkClean(model, grid, clean);
  const [sigma = 1] = schedule.sigmas;
  return Object.fromEntries(
    Object.entries(noise).map(([stream, { type, shape, data }]) => {
      const [z, e] = [floatsOf(stream, clean[stream]), floatsOf(stream, { type, shape, data })];
      return [stream, { type, shape, data: e.map((x, i) => sigma * x + (1 - sigma) * (z[i] ?? 0)) }];
    }),
  );
}

export function scaled(streams: Streams<HostTensor>, by = 1): Streams<HostTensor> {
  if (by === 1) return streams;
  return Object.fromEntries(
    Object.entries(streams).map(([stream, tensor]) => [
      stream,
      { ...tensor, data: floatsOf(stream, tensor).map((x) => x * by) },
    ]),
  );
}

/** Every stream, in the shape that the codec has it; a stream of another name is nobody's. */
function checkClean(model: VideoModel, grid: Grid, clean: Streams<HostTensor>): void {
  const shapes = model.latentShape(grid);
  for (const stream of new Set([...Object.keys(shapes), ...Object.keys(clean)])) {
    const [need, have] = [shapes[stream], clean[stream]];
    if (need && have?.type === 'float32' && have.shape.join() === need.join()) {
      assertFinite(`${model.name}: the latents of ${stream}`, have);
      continue;
    }
    throw new SkipstoneError({
      code: 'latents-shape',
      what: `${model.name}: the latents of ${stream} are none that this run can start from`,
      have: have ? `${have.type} [${have.shape.join(', ')}]` : 'none',
      need: need ? `float32 [${need.join(', ')}]` : `only ${Object.keys(shapes).join(', ')}`,
      do: 'give clean latents of every stream as the codec has them, of this width, height and frames',
    });
  }
}

function floatsOf(stream: string, tensor: HostTensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new TypeError(`latents of ${stream} are not float32`);
}
