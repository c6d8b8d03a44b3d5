import type { ModelSpec } from '../../spec/model.js';
import type { PassBuilder, Value } from '../../spec/pass.js';
import { TOY_BLOCKS, TOY_STREAMS, TOY_WIDTH } from './weights.js';

/** Rows of a toy grid: one video token a latent pixel, one audio token a frame. */
const VIDEO = { patch: TOY_WIDTH, width: TOY_WIDTH };

/**
 * A model that can be computed by hand and has everything a video model may have: two streams that read each
 * other, a clock with a row per kind of token beside one with a single row, conditioned tokens, and two
 * variants. Its attention is the mean over all rows, so a stale or missing row shows at once.
 */
export const toySpec: ModelSpec = {
  name: 'toy',
  streams: { video: { ...VIDEO, pinned: true }, audio: VIDEO },
  blocks: TOY_BLOCKS,
  conditions: { text: { shape: ['S', TOY_WIDTH] } },
  clocks: { video: { stream: 'video', rows: 'many' }, audio: { stream: 'audio', rows: 'one' } },
  variants: ['skip-attention', 'isolated'],
  tableSpecs: {},
  tables: () => ({}),
  rows: ({ frames, height, width }) => ({ video: frames * height * width, audio: frames }),
  patchify: (latents) => latents,
  unpatchify: (rows) => rows,
  clockRows: ({ timestep, rows }) => ({
    video: {
      values: [0, timestep],
      rowOfToken: Int32Array.from({ length: rows.video ?? 0 }, (_, i) => (i === 0 ? 0 : 1)),
    },
    audio: { values: [timestep] },
  }),
  emit: emitToy,
};

function emitToy(p: PassBuilder): void {
  const square = { in: TOY_WIDTH, out: TOY_WIDTH, bias: false };
  const text = p.mean('text', p.linear('text_in', p.condition('text'), square), 0);
  const gates: Record<string, Value> = { video: videoGate(p), audio: audioGate(p) };
  let hidden: Record<string, Value> = Object.fromEntries(
    TOY_STREAMS.map((s) => [s, p.linear(`${s}_in`, p.latents(s), square)]),
  );
  p.station('embed', hidden);
  for (let i = 0; i < TOY_BLOCKS; i++) hidden = emitToyBlock(p, i, hidden, gates, text);
  p.station('trunk', hidden);
  for (const s of TOY_STREAMS) p.output(s, p.linear(`${s}_out`, hidden[s] as Value, square));
}

/** Token 0 of video is conditioned: its clock stands at 0. Gate: 1 + t/1000, `[A, 1]`. */
function videoGate(p: PassBuilder): Value {
  const rows = p.reshape('video.gate.rows', gateOf(p, 'video'), ['r.video', 1]);
  const row = p.clockRow('video');
  return row ? p.gatherRows('video.gate.tokens', rows, row) : rows;
}

const audioGate = (p: PassBuilder): Value => p.reshape('audio.gate.rows', gateOf(p, 'audio'), [1, 1]);

function gateOf(p: PassBuilder, clock: string): Value {
  const one = p.constant(`${clock}.one`, [1], [1]);
  return p.add(`${clock}.gate`, p.scale(`${clock}.gate.part`, p.clock(clock), 1 / 1000), one);
}

/** h += gate·(mean of all own values + h/4), then video += mean of audio's values, h += text. */
function emitToyBlock(
  p: PassBuilder,
  index: number,
  hidden: Readonly<Record<string, Value>>,
  gates: Readonly<Record<string, Value>>,
  text: Value,
): Record<string, Value> {
  const at = `blocks.${index}`;
  const square = { in: TOY_WIDTH, out: TOY_WIDTH, bias: false };
  const means: Record<string, Value> = {};
  const taps: Record<string, Value> = {};
  const out: Record<string, Value> = {};
  p.tap(`${at}.block_in`, hidden);
  for (const s of TOY_STREAMS) {
    const values = p.linear(`${at}.${s}.to_v`, hidden[s] as Value, square);
    means[s] = p.mean(`${at}.${s}.mean`, p.allRows(s, `${at}.${s}.values`, values), 0);
    const own = p.variant === 'skip-attention' ? values : (means[s] as Value);
    taps[s] = p.add(`${at}.${s}.attn_out`, p.scale(`${at}.${s}.quarter`, hidden[s] as Value, 0.25), own);
  }
  p.tap(`${at}.attn_out`, taps);
  for (const s of TOY_STREAMS) {
    const gated = p.mul(`${at}.${s}.gated`, taps[s] as Value, gates[s] as Value);
    const mixed = p.add(`${at}.${s}.mixed`, hidden[s] as Value, gated);
    const other =
      s === 'video' && p.variant !== 'isolated' ? p.add(`${at}.cross`, mixed, means.audio as Value) : mixed;
    out[s] = p.add(`${at}.${s}.out`, other, text);
  }
  p.station(at, out);
  return out;
}
