import type { ChainSpec, GraphBuilder, Value } from '@skipstone/core';
import type { UpsamplerConfig } from './upsampler-config.js';

const GROUPS = 32;
const EPS = 1e-5;

/** Binomial weights of 5×5, which a checkpoint of the rational form carries along whether it blurs or not. */
export const BLUR = 'upsampler.blur_down.kernel';

/**
 * The latent upsampler on `[1, C, T, h, w]`: convolutions and norms over the whole clip, so nothing of it can be
 * computed a part at a time; each residual block is a session of its own instead. Source:
 * LTX2LatentUpsamplerModel of diffusers 58eb52c0.
 */
export function upsamplerChain(config: UpsamplerConfig, name: string): ChainSpec {
  const { channels, width, blocks } = config;
  const stretch = (at: string) =>
    Array.from({ length: blocks }, (_, i) => ({
      name: `${at}.${i}`,
      emit: (g: GraphBuilder, x: Value) => emitBlock(g, `${at}.${i}`, x, width),
    }));
  return {
    name,
    least: [1, channels, 2, 4, 4],
    spans: [
      { name: 'initial_conv', emit: (g, x) => emitInitial(g, x, config) },
      ...stretch('res_blocks'),
      { name: 'upsampler', emit: (g, x) => emitUpsampler(g, x, config) },
      ...stretch('post_upsample_res_blocks'),
      { name: 'final_conv', emit: (g, x) => conv3(g, 'final_conv', x, { from: width, out: channels }) },
    ],
  };
}

function emitInitial(g: GraphBuilder, x: Value, { channels, width }: UpsamplerConfig): Value {
  const made = conv3(g, 'initial_conv', x, { from: channels, out: width });
  return g.silu('initial_act', g.groupNorm('initial_norm', made, GROUPS, EPS));
}

/** silu(x + norm2(conv2(silu(norm1(conv1 x))))). */
function emitBlock(g: GraphBuilder, at: string, x: Value, width: number): Value {
  const step = (i: number, from: Value): Value => {
    const made = conv3(g, `${at}.conv${i}`, from, { from: width, out: width });
    return g.groupNorm(`${at}.norm${i}`, made, GROUPS, EPS);
  };
  const inner = g.silu(`${at}.act1`, step(1, x));
  return g.silu(`${at}.act2`, g.add(`${at}.sum`, x, step(2, inner)));
}

function emitUpsampler(
  g: GraphBuilder,
  x: Value,
  { width, spatial, temporal, rational }: UpsamplerConfig,
): Value {
  const spread = (path: string, blocks: readonly number[], kernel: readonly number[]): Value => {
    const out = width * blocks.reduce((a, b) => a * b, 1);
    return g.depthToSpace(`${path}.spread`, conv3(g, path, x, { from: width, out, kernel }), blocks);
  };
  if (temporal) {
    const sides = spatial ? 2 : 1;
    const made = spread('upsampler.0', [2, sides, sides], [3, 3, 3]);
    const frames = Number(made.shape[2]);
    return g.slice('upsampler.cut', made, 2, 1, frames);
  }
  const [num, den] = spatial ?? [1, 1];
  const made = spread(rational ? 'upsampler.conv' : 'upsampler.0', [1, num, num], [1, 3, 3]);
  return den === 1 ? made : emitBlur(g, made, den);
}

/** Every channel of every frame by itself. */
function emitBlur(g: GraphBuilder, x: Value, stride: number): Value {
  const [batch = 1, channels = 1, frames = 1, height = 1, width = 1] = x.shape.map(Number);
  const planes = g.reshape('upsampler.blur_down.planes', x, [batch * channels * frames, 1, height, width]);
  const weight = g.weight(BLUR, [1, 1, 5, 5]);
  const blurred = g.conv('upsampler.blur_down', planes, {
    weight,
    padding: [2, 2],
    stride: [stride, stride],
  });
  const sides = blurred.shape.slice(2);
  return g.reshape('upsampler.blur_down.frames', blurred, [batch, channels, frames, ...sides]);
}

interface Conv3 {
  readonly from: number;
  readonly out: number;
  /** With one frame: a convolution of each frame, `[out, in, 3, 3]` in the checkpoint. */
  readonly kernel?: readonly number[];
}

/** Over frames, height and width, with zeros on all sides. */
function conv3(g: GraphBuilder, path: string, x: Value, { from, out, kernel = [3, 3, 3] }: Conv3): Value {
  const whole = [out, from, ...kernel];
  const stored = kernel[0] === 1 ? [out, from, ...kernel.slice(1)] : whole;
  return g.conv(path, x, {
    weight: g.weight(`${path}.weight`, stored, whole),
    bias: g.weight(`${path}.bias`, [out]),
    padding: kernel.map((length) => (length - 1) / 2),
  });
}
