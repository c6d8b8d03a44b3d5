import type { GraphBuilder, Value } from '@skipstone/core';
import type { GeneratorConfig } from './vocoder-config.js';

/** Slope before the last convolution, whatever the other slopes: the default of PyTorch, kept by the original. */
const LAST_SLOPE = 0.01;

/** Rises and falls of two filters for each value: how activations are computed at twice the rate. */
const RATIO = 2;

/**
 * A spectrogram `[1, in, L]` to sound `[1, out, L·Πfactors]`. Source: LTX2Vocoder of diffusers, after HiFi-GAN
 * (arXiv:2010.05646) and BigVGAN (arXiv:2206.04658). `at` stands before the names of its weights.
 */
export function generate(g: GraphBuilder, at: string, x: Value, config: GeneratorConfig): Value {
  const { hidden, out, ups, blocks, activation } = config;
  let value = conv(g, `${at}conv_in`, x, { out: hidden, kernel: 7 });
  ups.forEach(({ kernel, factor }, i) => {
    const path = `${at}upsamplers.${i}`;
    const width = hidden / 2 ** (i + 1);
    const input = 'slope' in activation ? g.leakyRelu(`${path}.act`, value, activation.slope) : value;
    const longer = g.convTranspose(path, input, {
      weight: g.weight(`${path}.weight`, [2 * width, width, kernel]),
      bias: g.weight(`${path}.bias`, [width]),
      stride: factor,
      padding: Math.floor((kernel - factor) / 2),
    });
    const each = blocks.map((block, j) =>
      residual(g, `${at}resnets.${i * blocks.length + j}`, longer, block, config),
    );
    const sum = each.reduce((a, b, j) => g.add(`${path}.sum.${j}`, a, b));
    value = g.scale(`${path}.mean`, sum, 1 / blocks.length);
  });
  const active =
    'slope' in activation
      ? g.leakyRelu(`${at}act_out`, value, LAST_SLOPE)
      : periodic(g, `${at}act_out`, value, activation.filter);
  const last = conv(g, `${at}conv_out`, active, { out, kernel: 7, bias: config.endBias });
  if (config.end === 'tanh') return g.tanh(`${at}end`, last);
  return config.end === 'clamp' ? g.clamp(`${at}end`, last, -1, 1) : last;
}

interface Conv {
  readonly out: number;
  readonly kernel: number;
  readonly dilation?: number;
  readonly bias?: boolean;
}

/** As long as what it is given. */
function conv(
  g: GraphBuilder,
  path: string,
  x: Value,
  { out, kernel, dilation = 1, bias = true }: Conv,
): Value {
  const [, channels = 1] = x.shape.map(Number);
  const reach = (kernel - 1) * dilation;
  return g.conv(path, x, {
    weight: g.weight(`${path}.weight`, [out, channels, kernel]),
    ...(bias && { bias: g.weight(`${path}.bias`, [out]) }),
    padding: [[Math.floor(reach / 2), reach - Math.floor(reach / 2)]],
    dilation: [dilation],
  });
}

/** x + conv2(act2(conv1(act1 x))), for each dilation. */
function residual(
  g: GraphBuilder,
  path: string,
  x: Value,
  { kernel, dilations }: GeneratorConfig['blocks'][number],
  { activation }: GeneratorConfig,
): Value {
  const [, out = 1] = x.shape.map(Number);
  const act = (part: string, value: Value): Value =>
    'slope' in activation
      ? g.leakyRelu(`${path}.${part}`, value, activation.slope)
      : periodic(g, `${path}.${part}`, value, activation.filter);
  return dilations.reduce((value, dilation, i) => {
    const first = conv(g, `${path}.convs1.${i}`, act(`acts1.${i}`, value), { out, kernel, dilation });
    const second = conv(g, `${path}.convs2.${i}`, act(`acts2.${i}`, first), { out, kernel });
    return g.add(`${path}.${i}`, value, second);
  }, x);
}

/**
 * x + sin²(e^α·x)/e^β at twice the rate: brought there by one filter and back by another, so that what it adds above half
 * the rate does not fold back. Channels go through the same filter each, as a batch.
 */
function periodic(g: GraphBuilder, path: string, x: Value, filter: number): Value {
  const [, channels = 1, length = 1] = x.shape.map(Number);
  const pad = filter / RATIO - 1;
  const rows = g.reshape(`${path}.rows`, x, [channels, 1, length]);
  const ends = g.pad(`${path}.ends`, rows, {
    mode: 'edge',
    by: [
      [0, 0],
      [0, 0],
      [pad, pad],
    ],
  });
  const up = g.weight(`${path}.upsample.filter`, [1, 1, filter]);
  const longer = g.scale(
    `${path}.up`,
    g.convTranspose(`${path}.longer`, ends, { weight: up, stride: RATIO }),
    RATIO,
  );
  const from = pad * RATIO + Math.floor((filter - RATIO) / 2);
  const inner = g.slice(`${path}.inner`, longer, { axis: 2, from, to: from + RATIO * length });
  const [alpha, beta] = ['alpha', 'beta'].map((of) =>
    g.exp(`${path}.${of}`, g.weight(`${path}.act.${of}`, [channels], [channels, 1, 1])),
  ) as [Value, Value];
  const sine = g.sin(`${path}.sine`, g.mul(`${path}.turned`, inner, alpha));
  const square = g.mul(`${path}.square`, sine, sine);
  const least = g.add(`${path}.amplitude`, beta, g.constant('snake.least', [1e-9], [1]));
  const active = g.add(`${path}.active`, inner, g.div(`${path}.waves`, square, least));
  const half = Math.floor(filter / 2);
  const both = g.pad(`${path}.both`, active, {
    mode: 'edge',
    by: [
      [0, 0],
      [0, 0],
      [half + (filter % 2) - 1, half],
    ],
  });
  const weight = g.weight(`${path}.downsample.filter`, [1, 1, filter]);
  const back = g.conv(`${path}.back`, both, { weight, stride: [RATIO] });
  return g.reshape(path, back, [1, channels, length]);
}
