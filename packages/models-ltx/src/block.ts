import type { PassBuilder, Value } from '@skipstone/core';
import { type AttentionCall, emitAttention, emitFeedForward, type Turn } from './attention.js';
import { type Adaptive, emitModulation, type Modulation, partOf } from './clock.js';
import { type LtxConfig, modulatesText } from './config.js';

export const STREAMS = ['video', 'audio'] as const;
export type StreamName = (typeof STREAMS)[number];
/** A value of each stream. */
export type Both<T = Value> = Readonly<Record<StreamName, T>>;

/** The same for both streams: video first. */
export const both = <T>(make: (stream: StreamName) => T): Both<T> => ({
  video: make('video'),
  audio: make('audio'),
});

/** Names of the checkpoint: those of audio begin so. */
export const prefix = (stream: StreamName): string => (stream === 'video' ? '' : 'audio_');

/** What every block of a pass reads beside its hidden streams. */
export interface BlockInputs {
  /** Of self-attention and feed-forward, and of the text attention's queries and gate. */
  readonly time: Both<Adaptive>;
  /** Of what one stream reads of the other, and the gate of what it takes. */
  readonly crossTime: Both<Adaptive>;
  readonly crossGate: Both<Adaptive>;
  /** Of text; `undefined` where the rows of the block do it alone. */
  readonly promptTime: Both<Adaptive> | undefined;
  readonly text: Both;
  readonly turn: Both<Turn>;
  readonly crossTurn: Both<Turn>;
  /** Blocks of the variant whose self-attentions give their values as they are. */
  readonly perturbed: readonly number[];
}

/** One block: each stream attends to itself, then to text, then both to each other; then feed-forwards. */
export function emitBlock(
  p: PassBuilder,
  config: LtxConfig,
  index: number,
  hidden: Both,
  inputs: BlockInputs,
): Both {
  const at = `blocks.${index}`;
  const own = `transformer_blocks.${index}`;
  const parts = both((s): Modulation => {
    const name = `${own}.${prefix(s)}scale_shift_table`;
    const { width, modulatedText } = config[s];
    const rows = modulatedText ? 9 : 6;
    const table = p.weight(name, [rows, width], [1, rows, width]);
    return emitModulation(p, `${name}.sum`, table, inputs.time[s]);
  });
  const part = (s: StreamName, name: string, row: number): Value =>
    partOf(p, `${own}.${prefix(s)}${name}`, parts[s], row);
  /** Norm, shift and scale from the row on, the part itself, gate after them; with taps before and behind. */
  const branch = (
    x: Both,
    tap: string,
    name: string,
    from: number,
    make: (s: StreamName, into: Value) => Value,
  ): Both => {
    const into = both((s) => {
      const node = `${own}.${prefix(s)}${name}`;
      const [shift, scale] = [part(s, `${name}.shift`, from), part(s, `${name}.scale`, from + 1)];
      return p.modulatedNorm(`${node}.norm`, x[s], { eps: config.eps, scale, shift, kind: 'rms' });
    });
    p.tap(`${at}.${tap}_in`, into);
    const made = both((s) => make(s, into[s]));
    p.tap(`${at}.${tap}_out`, made);
    const gated = both((s) => {
      const node = `${own}.${prefix(s)}${name}.gated`;
      return p.mul(node, made[s], part(s, `${name}.gate`, from + 2));
    });
    p.tap(`${at}.${tap}_gated`, gated);
    return both((s) => p.add(`${own}.${prefix(s)}${name}.sum`, x[s], gated[s]));
  };

  p.tap(`${at}.block_in`, hidden);
  const skip = p.variant === 'skip-attention' && inputs.perturbed.includes(index);
  const attended = branch(hidden, 'attn', 'self', 0, (s, x) =>
    emitAttention(p, `${own}.${prefix(s)}attn1`, {
      ...ofStream(config, s),
      ...{ query: x, key: x, stream: s, skip },
      turn: { query: inputs.turn[s], key: inputs.turn[s] },
    }),
  );
  p.station(`${at}.attended`, attended);
  const read = emitTextAttention(p, config, index, attended, inputs, part);
  const crossed = p.variant === 'isolated' ? read : emitCrossAttention(p, config, index, read, inputs);
  const out = branch(crossed, 'mlp', 'mlp', 3, (s, x) =>
    emitFeedForward(p, `${own}.${prefix(s)}ff`, x, config[s].feedForwardBias),
  );
  p.station(at, out);
  p.tap(`${at}.block_out`, out);
  return out;
}

type AttentionKind = Pick<AttentionCall, 'heads' | 'headWidth' | 'gated' | 'eps' | 'pairs'>;

const ofStream = ({ eps, rotary, ...config }: LtxConfig, s: StreamName): AttentionKind => {
  const { heads, headWidth, gated } = config[s];
  return { heads, headWidth, gated, eps, pairs: rotary.pairs };
};

/** Queries are modulated and the result gated where the stream is; text is, where either stream is. */
function emitTextAttention(
  p: PassBuilder,
  config: LtxConfig,
  index: number,
  x: Both,
  inputs: BlockInputs,
  part: (s: StreamName, name: string, row: number) => Value,
): Both {
  const at = `blocks.${index}`;
  const own = `transformer_blocks.${index}`;
  const { eps } = config;
  const into = both((s) => {
    const name = `${own}.${prefix(s)}text.norm`;
    if (!config[s].modulatedText) return p.plainRmsNorm(name, x[s], eps);
    const [scale, shift] = [part(s, 'text.scale', 7), part(s, 'text.shift', 6)];
    return p.modulatedNorm(name, x[s], { eps, scale, shift, kind: 'rms' });
  });
  p.tap(`${at}.cross_attn_in`, into);
  const made = both((s) =>
    emitAttention(p, `${own}.${prefix(s)}attn2`, {
      ...ofStream(config, s),
      query: into[s],
      key: modulatesText(config) ? emitModulatedText(p, config, own, s, inputs) : inputs.text[s],
    }),
  );
  p.tap(`${at}.cross_attn_out`, made);
  const gated = both((s) => {
    const name = `${own}.${prefix(s)}text.gated`;
    return config[s].modulatedText ? p.mul(name, made[s], part(s, 'text.gate', 8)) : made[s];
  });
  if (modulatesText(config)) p.tap(`${at}.cross_attn_gated`, gated);
  return both((s) => p.add(`${own}.${prefix(s)}text.sum`, x[s], gated[s]));
}

/** text·(1 + scale) + shift. */
function emitModulatedText(
  p: PassBuilder,
  config: LtxConfig,
  own: string,
  s: StreamName,
  { text, promptTime }: BlockInputs,
): Value {
  const name = `${own}.${prefix(s)}prompt_scale_shift_table`;
  const width = config[s].textWidth;
  const table = p.weight(name, [2, width], [1, 2, width]);
  const sum = promptTime ? p.add(`${name}.sum`, table, promptTime[s].parts) : table;
  const row = (part: string, i: number): Value =>
    p.reshape(`${name}.${part}`, p.slice(`${name}.${part}.part`, sum, { axis: 1, from: i, to: i + 1 }), [
      1,
      width,
    ]);
  const factor = p.add(`${name}.factor`, row('scale', 1), p.constant('number.1', [1], [1]));
  return p.add(`${name}.text`, p.mul(`${name}.scaled`, text[s], factor), row('shift', 0));
}

/** Both streams read each other as they were before either is changed. Here scale comes before shift. */
function emitCrossAttention(
  p: PassBuilder,
  config: LtxConfig,
  index: number,
  x: Both,
  inputs: BlockInputs,
): Both {
  const at = `blocks.${index}`;
  const own = `transformer_blocks.${index}`;
  const { eps } = config;
  const tables = both((s) => {
    const name = `${own}.${s}_a2v_cross_attn_scale_shift_table`;
    const { width } = config[s];
    const table = p.weight(name, [5, width], [1, 5, width]);
    return {
      parts: emitModulation(
        p,
        `${name}.sum`,
        p.slice(`${name}.parts`, table, { axis: 1, from: 0, to: 4 }),
        inputs.crossTime[s],
      ),
      gate: emitModulation(
        p,
        `${name}.gates`,
        p.slice(`${name}.last`, table, { axis: 1, from: 4, to: 5 }),
        inputs.crossGate[s],
      ),
    };
  });
  /** What a stream gives to the attention of this direction: rows 0 and 1 for a2v, 2 and 3 for v2a. */
  const given = (s: StreamName, direction: 'a2v' | 'v2a'): Value => {
    const name = `${own}.${s}_${direction}`;
    const from = direction === 'a2v' ? 0 : 2;
    const scale = partOf(p, `${name}.scale`, tables[s].parts, from);
    const shift = partOf(p, `${name}.shift`, tables[s].parts, from + 1);
    return p.modulatedNorm(`${name}.norm`, x[s], { eps, scale, shift, kind: 'rms' });
  };
  const into = { video: given('video', 'a2v'), audio: given('audio', 'v2a') };
  const from = { video: given('audio', 'a2v'), audio: given('video', 'v2a') };
  p.tap(`${at}.av_attn_in`, into);
  const made = both((s) => {
    const other = s === 'video' ? 'audio' : 'video';
    return emitAttention(p, `${own}.${other}_to_${s}_attn`, {
      // Both directions have the heads of audio; each is gated as the stream it ends in.
      ...{ ...ofStream(config, 'audio'), gated: config[s].gated },
      ...{ query: into[s], key: from[s], stream: other },
      turn: { query: inputs.crossTurn[s], key: inputs.crossTurn[other] },
    });
  });
  p.tap(`${at}.av_attn_out`, made);
  const gated = both((s) => {
    const name = `${own}.${s}_av`;
    return p.mul(`${name}.gated`, made[s], partOf(p, `${name}.gate`, tables[s].gate, 0));
  });
  p.tap(`${at}.av_attn_gated`, gated);
  return both((s) => p.add(`${own}.${s}_av.sum`, x[s], gated[s]));
}
