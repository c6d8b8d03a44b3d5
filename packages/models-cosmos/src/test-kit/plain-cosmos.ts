import { plain } from '@skipstone/core/testing';

const { add, at, linear, map, modulate, part, rmsNorm, rotate, sinusoid, times } = plain;

/** Fields of a `config.json` that the reference reads. */
export interface PlainConfig {
  readonly in_channels: number;
  readonly out_channels: number;
  readonly num_attention_heads: number;
  readonly attention_head_dim: number;
  readonly num_layers: number;
  readonly rope_scale: readonly [number, number, number];
}

/** A model in plain numbers: tensors by the checkpoint's names. */
export interface PlainModel {
  readonly config: PlainConfig;
  readonly weights: ReadonlyMap<string, plain.Stored>;
}

export interface PlainCall {
  /** `[C, T, Y, X]`. */
  readonly latents: ArrayLike<number>;
  readonly size: readonly [T: number, Y: number, X: number];
  /** Of each frame: 1 where it is clean, and the time it is at. */
  readonly mask: readonly number[];
  readonly time: readonly number[];
  readonly text: plain.Tensor;
}

/**
 * Cosmos-Predict2's forward in loops over float64, `[C, T, Y, X]` → the velocity there. Written from a description
 * of the reference, not from the adapter; held against the golden forwards before it judges what has none.
 */
export function plainForward({ config, weights }: PlainModel, call: PlainCall): Float64Array {
  const { num_attention_heads: H, attention_head_dim: K } = config;
  const D = H * K;
  const weight = (name: string): plain.Stored => {
    const found = weights.get(`${name}.weight`);
    if (!found) throw new Error(`no ${name}.weight`);
    return found;
  };
  const [, Y, X] = call.size;
  const [rows, columns] = [Y / 2, X / 2];
  const frameOf = (token: number): number => Math.floor(token / (rows * columns));
  const count = call.size[0] * rows * columns;
  /** Of each frame → of each token. */
  const spread = (of: plain.Tensor): plain.Tensor =>
    plain.rowsAt(
      of,
      Array.from({ length: count }, (_, n) => frameOf(n)),
    );

  const waves = plain.ofRows(call.time.map((t) => sinusoid(t, D)));
  const common = linear(
    map(linear(waves, weight('time_embed.t_embedder.linear_1')), plain.silu),
    weight('time_embed.t_embedder.linear_2'),
  );
  const embedding = map(rmsNorm(waves, 1e-6, weight('time_embed.norm')), plain.silu);
  /** The parts of a modulation, each of all tokens. */
  const modulation = (name: string): ((index: number) => plain.Tensor) => {
    const own = linear(linear(embedding, weight(`${name}.linear_1`)), weight(`${name}.linear_2`));
    const sum = map(own, (value, row, i) => value + at(common, row, i));
    return (index) => spread(part(sum, index, D));
  };
  const projected = weights.get('crossattn_proj.0.weight');
  const text = projected
    ? map(linear(call.text, projected, weights.get('crossattn_proj.0.bias')), plain.geluErf)
    : call.text;
  const turns = turnsOf(config, call.size);
  const attend = (name: string, x: plain.Tensor, from: plain.Tensor, turn: boolean): plain.Tensor => {
    const side = (which: 'q' | 'k', of: plain.Tensor): plain.Tensor => {
      const product = linear(of, weight(`${name}.to_${which}`));
      const norm = weight(`${name}.norm_${which}`);
      const { data } = rmsNorm({ shape: [product.data.length / K, K], data: product.data }, 1e-5, norm);
      return turn ? rotate({ ...product, data }, turns) : { ...product, data };
    };
    const mixed = plain.attention(side('q', x), side('k', from), linear(from, weight(`${name}.to_v`)), H);
    return linear(mixed, weight(`${name}.to_out.0`));
  };

  let x = linear(patches(config, call), weight('patch_embed.proj'));
  for (let i = 0; i < config.num_layers; i++) {
    const own = `transformer_blocks.${i}`;
    const through = (norm: string, make: (into: plain.Tensor) => plain.Tensor): void => {
      const of = modulation(`${own}.${norm}`);
      x = add(x, times(make(modulate(plain.layerNorm(x, 1e-6), of(0), of(1))), of(2)));
    };
    through('norm1', (into) => attend(`${own}.attn1`, into, into, true));
    through('norm2', (into) => attend(`${own}.attn2`, into, text, false));
    through('norm3', (into) =>
      linear(map(linear(into, weight(`${own}.ff.net.0.proj`)), plain.geluErf), weight(`${own}.ff.net.2`)),
    );
  }
  const of = modulation('norm_out');
  const out = linear(modulate(plain.layerNorm(x, 1e-6), of(0), of(1)), weight('proj_out'));
  return unpatch(config, call, out);
}

/** Channels of each token's patch, channel slowest: latents, the condition mask where there is one, zeros. */
function patches({ in_channels: all, out_channels: C }: PlainConfig, call: PlainCall): plain.Tensor {
  const rows = tokens(call).map(([t, y, x]) => {
    const values: number[] = [];
    for (let c = 0; c < all + 1; c++)
      for (const [ph, pw] of CORNERS) {
        if (c < C) values.push(call.latents[place(call, c, t, 2 * y + ph, 2 * x + pw)] ?? Number.NaN);
        else values.push(c < all ? (call.mask[t] ?? 0) : 0);
      }
    return values;
  });
  return plain.ofRows(rows);
}

const CORNERS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const;

const place = ({ size: [T, Y, X] }: PlainCall, c: number, t: number, y: number, x: number): number =>
  ((c * T + t) * Y + y) * X + x;

/** Frame, row and column of each token. */
function tokens({
  size: [T, Y, X],
}: Pick<PlainCall, 'size'>): readonly (readonly [number, number, number])[] {
  const all: [number, number, number][] = [];
  for (let t = 0; t < T; t++)
    for (let y = 0; y < Y / 2; y++) for (let x = 0; x < X / 2; x++) all.push([t, y, x]);
  return all;
}

/** The head's rows have the channel fastest. */
function unpatch({ out_channels: C }: PlainConfig, call: PlainCall, rows: plain.Tensor): Float64Array {
  const out = new Float64Array(call.latents.length);
  tokens(call).forEach(([t, y, x], n) => {
    CORNERS.forEach(([ph, pw], corner) => {
      for (let c = 0; c < C; c++)
        out[place(call, c, t, 2 * y + ph, 2 * x + pw)] = at(rows, n, corner * C + c);
    });
  });
  return out;
}

/** Halves of every head are pairs; angles run over frames, rows, columns. */
function turnsOf(config: PlainConfig, size: PlainCall['size']): readonly (readonly plain.Turn[])[] {
  const { num_attention_heads: H, attention_head_dim: K, rope_scale: scales } = config;
  const side = 2 * Math.floor(K / 6);
  const widths = [K - 2 * side, side, side];
  return tokens({ size }).map((position) => {
    const angles = widths.flatMap((wide, axis) => {
      const theta = 10000 * (scales[axis] ?? 1) ** (wide / (wide - 2));
      return Array.from({ length: wide / 2 }, (_, j) => (position[axis] ?? 0) / theta ** ((2 * j) / wide));
    });
    return Array.from({ length: H }, (_, h) =>
      angles.map((angle, i): plain.Turn => [h * K + i, h * K + i + K / 2, Math.cos(angle), Math.sin(angle)]),
    ).flat();
  });
}
