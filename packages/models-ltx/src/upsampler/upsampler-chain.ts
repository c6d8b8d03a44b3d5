import type { ChainSpec, GraphBuilder, Value } from '@skipstone/core';
import type { UpsamplerConfig } from './upsampler-config.js';

const NORM = { groups: 32, eps: 1e-5 };

/** Binomial weights of 5×5, which a checkpoint of the rational form carries along whether it blurs or not. */
export const BLUR = 'upsampler.blur_down.kernel';

/** A module of the reference: its name, and what it makes of what the one before it made. */
export type Module = readonly [name: string, emit: (g: GraphBuilder, x: Value) => Value];

/**
 * The latent upsampler on `[1, C, T, h, w]`: convolutions and norms over the whole clip, so nothing of it can be
 * computed a part at a time; each residual block is a session of its own instead. Source:
 * LTX2LatentUpsamplerModel of diffusers 58eb52c0.
 */
export function upsamplerChain(config: UpsamplerConfig, name: string): ChainSpec {
  return {
    name,
    least: [1, config.channels, 2, 4, 4],
    spans: upsamplerModules(config).map(([span, modules]) => ({
      name: span,
      emit: (g, x) => modules.reduce((value, [, emit]) => emit(g, value), x),
    })),
  };
}

/** Its modules, by span. */
export function upsamplerModules(
  config: UpsamplerConfig,
): readonly (readonly [span: string, modules: readonly Module[]])[] {
  const { channels, width, blocks, flat } = config;
  const kernel = flat ? [1, 3, 3] : [3, 3, 3];
  const stretch = (at: string) =>
    Array.from({ length: blocks }, (_, i): readonly [string, readonly Module[]] => {
      const name = `${at}.${i}`;
      return [name, [[name, (g, x) => emitBlock(g, name, x, config)]]];
    });
  return [
    [
      'initial_conv',
      [
        ['initial_conv', (g, x) => conv3(g, 'initial_conv', x, { from: channels, out: width, kernel })],
        ['initial_norm', (g, x) => norm(g, 'initial_norm', x, flat)],
        ['initial_act', (g, x) => g.silu('initial_act', x)],
      ],
    ],
    ...stretch('res_blocks'),
    ['upsampler', growing(config)],
    ...stretch('post_upsample_res_blocks'),
    [
      'final_conv',
      [['final_conv', (g, x) => conv3(g, 'final_conv', x, { from: width, out: channels, kernel })]],
    ],
  ];
}

/** silu(x + norm2(conv2(silu(norm1(conv1 x))))). */
function emitBlock(g: GraphBuilder, at: string, x: Value, { width, flat }: UpsamplerConfig): Value {
  const kernel = flat ? [1, 3, 3] : [3, 3, 3];
  const step = (i: number, from: Value): Value => {
    const made = conv3(g, `${at}.conv${i}`, from, { from: width, out: width, kernel });
    return norm(g, `${at}.norm${i}`, made, flat);
  };
  const inner = g.silu(`${at}.act1`, step(1, x));
  return g.silu(`${at}.act2`, g.add(`${at}.sum`, x, step(2, inner)));
}

/** Over a group's channels and the whole clip, or each frame of it. */
function norm(g: GraphBuilder, path: string, x: Value, flat: boolean): Value {
  if (!flat) return g.groupNorm(path, x, NORM);
  const [, channels = 1, frames = 1, ...sides] = x.shape;
  const frame = (name: string, value: Value): Value => g.transpose(name, value, [0, 2, 1, 3, 4]);
  const apart = g.reshape(`${path}.frames`, frame(`${path}.apart`, x), [frames, channels, ...sides]);
  const normed = g.groupNorm(path, apart, NORM);
  return frame(`${path}.together`, g.reshape(`${path}.clip`, normed, [1, frames, channels, ...sides]));
}

function growing({ width, spatial, temporal, rational }: UpsamplerConfig): readonly Module[] {
  const [num, den] = spatial ?? [1, 1];
  const blocks = temporal ? [2, spatial ? 2 : 1, spatial ? 2 : 1] : [1, num, num];
  const path = rational ? 'upsampler.conv' : 'upsampler.0';
  const out = width * blocks.reduce((a, b) => a * b, 1);
  const kernel = temporal ? [3, 3, 3] : [1, 3, 3];
  const spread = (g: GraphBuilder, x: Value): Value => {
    const made = g.depthToSpace(`${path}.spread`, x, blocks);
    return den === 1 ? made : emitBlur(g, made, den);
  };
  const cut = (g: GraphBuilder, x: Value): Value =>
    g.slice('upsampler.cut', x, { axis: 2, from: 1, to: Number(x.shape[2]) });
  return [
    [path, (g, x) => conv3(g, path, x, { from: width, out, kernel })],
    ['upsampler', spread],
    ...(temporal ? [['upsampler.cut', cut] as const] : []),
  ];
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
  readonly kernel: readonly number[];
}

/** Over frames, height and width, with zeros on all sides. */
function conv3(g: GraphBuilder, path: string, x: Value, { from, out, kernel }: Conv3): Value {
  const whole = [out, from, ...kernel];
  const stored = kernel[0] === 1 ? [out, from, ...kernel.slice(1)] : whole;
  return g.conv(path, x, {
    weight: g.weight(`${path}.weight`, stored, whole),
    bias: g.weight(`${path}.bias`, [out]),
    padding: kernel.map((length) => (length - 1) / 2),
  });
}
