import { plain } from '@skipstone/core/testing';

const { add, at, linear, map, modulate, part, rmsNorm, rotate, times, width } = plain;

/** Fields of a `config.json` that the reference reads; `use_prompt_adaln_single` and `norm_eps` have defaults. */
export interface PlainConfig {
  readonly num_attention_heads: number;
  readonly attention_head_dim: number;
  readonly audio_num_attention_heads: number;
  readonly audio_attention_head_dim: number;
  readonly num_layers: number;
  readonly rope_type: 'split' | 'interleaved';
  readonly cross_attn_mod?: boolean;
  readonly audio_cross_attn_mod?: boolean;
  readonly timestep_scale_multiplier?: number;
  readonly cross_attn_timestep_scale_multiplier?: number;
}

export interface PlainModel {
  readonly config: PlainConfig;
  readonly weights: ReadonlyMap<string, plain.Stored>;
}

type Pair<T> = Readonly<Record<'video' | 'audio', T>>;

export interface PlainCall {
  /** Rows `[N, P]`, and text, of each stream. */
  readonly rows: Pair<plain.Tensor>;
  readonly text: Pair<plain.Tensor>;
  /** Timesteps of every token or of all, and noise levels; σ·1000. */
  readonly time: Pair<readonly number[]>;
  readonly level: Pair<number>;
  readonly grid: readonly [frames: number, rows: number, columns: number];
  readonly fps: number;
  /** Modulation between streams by the other's noise level, or by a token's own timestep. */
  readonly crossTimestep: boolean;
  /** Adds the embedding of key frames to the tokens of the first latent frame. */
  readonly keyframes?: boolean;
  /** Blocks whose self-attentions give their values. */
  readonly perturbed?: readonly number[];
  /** Neither stream reads the other. */
  readonly isolated?: boolean;
}

const both = <T>(make: (s: 'video' | 'audio') => T): Pair<T> => ({
  video: make('video'),
  audio: make('audio'),
});
const prefix = (s: 'video' | 'audio') => (s === 'video' ? '' : 'audio_');
const other = (s: 'video' | 'audio') => (s === 'video' ? 'audio' : 'video');

/**
 * LTX-2's forward in loops over float64: velocities `[N, P]` of both streams. Written from a description of the
 * reference, not from the adapter; held against the golden forwards before it judges what has none.
 */
export function plainForward(model: PlainModel, call: PlainCall): Pair<plain.Tensor> {
  const { config, weights } = model;
  const tensor = (name: string): plain.Stored => {
    const found = weights.get(name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  };
  const dense = (name: string, x: plain.Tensor): plain.Tensor =>
    linear(x, tensor(`${name}.weight`), weights.get(`${name}.bias`));
  /** A module that makes modulation of timesteps: what it makes, and the embedding before. */
  const adaptive = (name: string, ts: readonly number[]) => {
    const waves = plain.ofRows(ts.map(wavesOf));
    const first = map(dense(`${name}.emb.timestep_embedder.linear_1`, waves), plain.silu);
    const embedding = dense(`${name}.emb.timestep_embedder.linear_2`, first);
    return { params: dense(`${name}.linear`, map(embedding, plain.silu)), embedding };
  };
  /** Row `index` of a table plus that part of what a clock made. */
  const modulation = (table: string, index: number, made?: plain.Tensor, of = index): plain.Tensor => {
    const own = plain.rowsAt(plain.of(tensor(table)), [index]);
    return made ? add(part(made, of, width(own)), own) : own;
  };
  const r =
    (config.cross_attn_timestep_scale_multiplier ?? 1000) / (config.timestep_scale_multiplier ?? 1000);
  const time = both((s) => adaptive(`${prefix(s)}time_embed`, call.time[s]));
  const cross = both((s) => {
    const ts = call.crossTimestep ? [call.level[other(s)]] : call.time[s];
    const gate = `av_cross_attn_${s}_${s === 'video' ? 'a2v' : 'v2a'}_gate`;
    return {
      scale: adaptive(`av_cross_attn_${s}_scale_shift`, ts).params,
      gate: adaptive(
        gate,
        ts.map((t) => t * r),
      ).params,
    };
  });
  const modulated = both((s) => config[`${prefix(s)}cross_attn_mod`] ?? false);
  const anyModulated = modulated.video || modulated.audio;
  const prompt = both((s) => {
    const name = `${prefix(s)}prompt_adaln`;
    return weights.has(`${name}.linear.weight`) ? adaptive(name, [call.level[s]]).params : undefined;
  });
  const text = both((s) => {
    const name = `${prefix(s)}caption_projection`;
    if (!weights.has(`${name}.linear_1.weight`)) return call.text[s];
    return dense(`${name}.linear_2`, map(dense(`${name}.linear_1`, call.text[s]), plain.geluTanh));
  });
  const turns = turnsOf(config, call);

  /** One attention; gated where the checkpoint has a gate. */
  const attend = (
    name: string,
    from: {
      readonly q: plain.Tensor;
      readonly kv: plain.Tensor;
      readonly heads: number;
      readonly skip?: boolean;
    },
    turn?: { readonly q: Turns; readonly k: Turns },
  ): plain.Tensor => {
    const side = (which: 'q' | 'k', x: plain.Tensor): plain.Tensor => {
      const normed = rmsNorm(dense(`${name}.to_${which}`, x), 1e-6, tensor(`${name}.norm_${which}.weight`));
      return turn ? rotate(normed, turn[which]) : normed;
    };
    const v = dense(`${name}.to_v`, from.kv);
    const mixed = from.skip ? v : plain.attention(side('q', from.q), side('k', from.kv), v, from.heads);
    if (!weights.has(`${name}.to_gate_logits.weight`)) return dense(`${name}.to_out.0`, mixed);
    const gates = dense(`${name}.to_gate_logits`, from.q);
    const K = width(mixed) / from.heads;
    const gated = map(mixed, (x, n, i) => x * 2 * plain.sigmoid(at(gates, n, Math.floor(i / K))));
    return dense(`${name}.to_out.0`, gated);
  };
  const heads = both((s) => config[`${prefix(s)}num_attention_heads`]);
  const norm = (x: plain.Tensor): plain.Tensor => rmsNorm(x, 1e-6);

  let hidden = both((s) => dense(`${prefix(s)}proj_in`, call.rows[s]));
  if (call.keyframes) {
    const key = plain.of(tensor('keyframes_abs_pos_embedding'));
    const first = call.grid[1] * call.grid[2];
    hidden = { ...hidden, video: map(hidden.video, (x, n, i) => (n < first ? x + at(key, 0, i) : x)) };
  }
  for (let b = 0; b < config.num_layers; b++) {
    const own = `transformer_blocks.${b}`;
    const m = (s: 'video' | 'audio', index: number): plain.Tensor =>
      modulation(`${own}.${prefix(s)}scale_shift_table`, index, time[s].params);
    const skip = call.perturbed?.includes(b) ?? false;
    hidden = both((s) => {
      const x = hidden[s];
      const into = modulate(norm(x), m(s, 0), m(s, 1));
      const turn = { q: turns[s], k: turns[s] };
      const made = attend(`${own}.${prefix(s)}attn1`, { q: into, kv: into, heads: heads[s], skip }, turn);
      return add(x, times(made, m(s, 2)));
    });
    hidden = both((s) => {
      const x = hidden[s];
      const q = modulated[s] ? modulate(norm(x), m(s, 6), m(s, 7)) : norm(x);
      const table = `${own}.${prefix(s)}prompt_scale_shift_table`;
      const kv = anyModulated
        ? modulate(text[s], modulation(table, 0, prompt[s]), modulation(table, 1, prompt[s]))
        : text[s];
      const made = attend(`${own}.${prefix(s)}attn2`, { q, kv, heads: heads[s] });
      return add(x, modulated[s] ? times(made, m(s, 8)) : made);
    });
    if (!call.isolated) {
      const table = (s: 'video' | 'audio') => `${own}.${s}_a2v_cross_attn_scale_shift_table`;
      // Scale comes before shift here.
      const given = (s: 'video' | 'audio', from: number): plain.Tensor =>
        modulate(
          norm(hidden[s]),
          modulation(table(s), from + 1, cross[s].scale),
          modulation(table(s), from, cross[s].scale),
        );
      const reads = {
        video: { q: given('video', 0), kv: given('audio', 0) },
        audio: { q: given('audio', 2), kv: given('video', 2) },
      };
      hidden = both((s) => {
        const turn = { q: turns[`cross_${s}`], k: turns[`cross_${other(s)}`] };
        const made = attend(`${own}.${other(s)}_to_${s}_attn`, { ...reads[s], heads: heads.audio }, turn);
        return add(hidden[s], times(made, modulation(table(s), 4, cross[s].gate, 0)));
      });
    }
    hidden = both((s) => {
      const into = modulate(norm(hidden[s]), m(s, 3), m(s, 4));
      const wide = map(dense(`${own}.${prefix(s)}ff.net.0.proj`, into), plain.geluTanh);
      return add(hidden[s], times(dense(`${own}.${prefix(s)}ff.net.2`, wide), m(s, 5)));
    });
  }
  return both((s) => {
    const table = `${prefix(s)}scale_shift_table`;
    const of = (index: number): plain.Tensor => modulation(table, index, time[s].embedding, 0);
    return dense(`${prefix(s)}proj_out`, modulate(plain.layerNorm(hidden[s], 1e-6), of(0), of(1)));
  });
}

const f = Math.fround;

/** cos | sin of t·f, 256 values: in float32, as upstream has it. */
function wavesOf(t: number): readonly number[] {
  const angles = Array.from({ length: 128 }, (_, i) =>
    f(f(t) * f(Math.exp(f(f(-f(Math.log(10000)) * i) / 128)))),
  );
  return [...angles.map(Math.cos), ...angles.map(Math.sin)];
}

type Turns = readonly (readonly plain.Turn[])[];

/** Angles of each token: float32 after every operation. */
function turnsOf(
  config: PlainConfig,
  { grid: [frames, rows, columns], fps, rows: { audio } }: PlainCall,
): Readonly<Record<'video' | 'audio' | 'cross_video' | 'cross_audio', Turns>> {
  const middle = (start: number, end: number): number => f(f(start + end) / 2);
  const seconds = (frame: number): number => f(Math.max(8 * frame - 7, 0) / fps);
  const heard = (l: number): number => f(f(Math.max(4 * l - 3, 0) * 160) / 16000);
  const video: number[][] = [];
  for (let t = 0; t < frames; t++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++)
        video.push([middle(seconds(t), seconds(t + 1)), 32 * y + 16, 32 * x + 16]);
  const sound = Array.from({ length: audio.shape[0] ?? 0 }, (_, l) => [middle(heard(l), heard(l + 1))]);
  const own = { heads: config.num_attention_heads, wide: config.attention_head_dim };
  const small = { heads: config.audio_num_attention_heads, wide: config.audio_attention_head_dim };
  const turned = (positions: readonly number[][], most: readonly number[], size: typeof own): Turns =>
    positions.map((position) => pairsOf(config, anglesOf(position, most, size.heads * size.wide), size));
  return {
    video: turned(video, [20, 2048, 2048], own),
    audio: turned(sound, [20], small),
    cross_video: turned(
      video.map(([t = 0]) => [t]),
      [20],
      small,
    ),
    cross_audio: turned(sound, [20], small),
  };
}

/** Frequency by frequency, each of every axis; zeros in front up to half the width. */
function anglesOf(position: readonly number[], most: readonly number[], width: number): readonly number[] {
  const n = Math.floor(width / (2 * most.length));
  const angles: number[] = [];
  for (let j = 0; j < n; j++) {
    const frequency = n === 1 ? f(Math.PI / 2) : f((10000 ** (j / (n - 1)) * Math.PI) / 2);
    most.forEach((end, axis) => {
      const u = f(f(f((position[axis] ?? 0) / end) * 2) - 1);
      angles.push(f(u * frequency));
    });
  }
  return [...new Array<number>(width / 2 - angles.length).fill(0), ...angles];
}

function pairsOf(
  { rope_type }: PlainConfig,
  angles: readonly number[],
  { wide: K }: { readonly wide: number },
): readonly plain.Turn[] {
  return angles.map((angle, i) => {
    const first = rope_type === 'split' ? Math.floor(i / (K / 2)) * K + (i % (K / 2)) : 2 * i;
    return [first, rope_type === 'split' ? first + K / 2 : first + 1, Math.cos(angle), Math.sin(angle)];
  });
}
