import { join } from 'node:path';
import { openCheckpoint } from '../../checkpoint/open.js';
import { writeSafetensors } from '../../checkpoint/write.js';
import { openModel } from '../../graph/model-weights.js';
import { recordPass } from '../../graph/pass-graph.js';
import type { StoredWeight, WeightSource } from '../../graph/weights.js';
import type { ModelSpec } from '../../spec/model.js';
import type { PassBuilder, Value } from '../../spec/pass.js';
import type { HostTensor } from '../../spec/tensor.js';
import type { Subject } from '../subject.js';
import { temporaryFolder } from '../temporary-folder.js';
import { someNumbers, someTensor } from './run-graph.js';
import { storedAs } from './stored-as.js';

/** D 8 in two heads, F 12, text 6, four values in a patch: Wan's pass, small enough to read as text. */
export const WAN_LIKE = { width: 8, heads: 2, feedForward: 12, text: 6, patch: 4, frequencies: 4 } as const;
const { width: D, heads: H, feedForward: F, text: TEXT, patch: P, frequencies } = WAN_LIKE;
const EPS = 1e-6;

/** A model of Wan's kind: text once a run, a clock once a step, keys and values of all rows. */
export function wanLike(blocks = 1): ModelSpec {
  const table = { stream: 'video', width: D / H / 2 };
  return {
    name: 'wan-like',
    streams: { video: { patch: P, width: D } },
    blocks,
    conditions: { text: { shape: ['S', TEXT] } },
    clocks: { time: { stream: 'video', rows: 'one' } },
    variants: [],
    tableSpecs: { cos: table, sin: table },
    tables: ({ frames, height, width }) => rotaryTables(frames * height * width),
    rows: ({ frames, height, width }) => ({ video: frames * height * width }),
    patchify: (latents) => latents,
    unpatchify: (rows) => rows,
    emit: (pass) => emit(pass, blocks),
  };
}

function emit(p: PassBuilder, blocks: number): void {
  const waves = p.mul(
    'time.angles',
    p.clock('time'),
    p.constant('time.scale', [1, 2, 3, 4], [1, frequencies]),
  );
  const modulation = p.reshape(
    'time.modulation',
    p.linear('time_proj', p.cos('time.act', p.silu('time.silu', waves)), { in: frequencies, out: 3 * D }),
    [3, D],
  );
  const text = p.linear('text_proj', p.condition('text'), { in: TEXT, out: D });
  let hidden = p.linear('patch_embedding', p.latents('video'), { in: P, out: D });
  p.station('embed', { video: hidden });
  for (let i = 0; i < blocks; i++) hidden = emitBlock(p, `blocks.${i}`, hidden, text, modulation);
  p.station('trunk', { video: hidden });
  p.output('video', p.linear('proj_out', p.layerNorm('norm_out', hidden, { eps: EPS }), { in: D, out: P }));
}

function emitBlock(p: PassBuilder, at: string, hidden: Value, text: Value, modulation: Value): Value {
  const part = (name: string, row: number): Value =>
    p.slice(`${at}.${name}`, modulation, { axis: 0, from: row, to: row + 1 });
  const x = p.modulatedNorm(`${at}.norm1`, hidden, {
    eps: EPS,
    scale: part('scale', 1),
    shift: part('shift', 0),
  });
  const square = { in: D, out: D };
  const turn = (side: string): Value => {
    const product = p.rmsNorm(`${at}.attn1.norm_${side}`, p.linear(`${at}.attn1.to_${side}`, x, square), EPS);
    const turn = { positions: p.positions('video'), cos: p.table('cos'), sin: p.table('sin'), heads: H };
    return p.rotary(`${at}.attn1.rotary_${side}`, product, turn);
  };
  const [q, k] = [turn('q'), turn('k')];
  const keys = p.allRows('video', `${at}.attn1.keys`, k);
  const values = p.allRows('video', `${at}.attn1.values`, p.linear(`${at}.attn1.to_v`, x, square));
  const self = p.attention(`${at}.attn1.attention`, { q, k: keys, v: values, heads: H });
  p.tap(`${at}.attn_out`, { video: self });
  const afterSelf = p.add(`${at}.attn1.residual`, hidden, p.mul(`${at}.attn1.gated`, self, part('gate', 2)));
  const textKeys = p.linear(`${at}.attn2.to_k`, text, { ...square, bias: false });
  const textValues = p.linear(`${at}.attn2.to_v`, text, { ...square, bias: false });
  const cross = p.attention(`${at}.attn2.attention`, { q: afterSelf, k: textKeys, v: textValues, heads: H });
  const wide = p.gelu(`${at}.ffn.gelu`, p.linear(`${at}.ffn.0`, cross, { in: D, out: F }), 'tanh');
  const out = p.add(`${at}.out`, afterSelf, p.linear(`${at}.ffn.2`, wide, { in: F, out: D }));
  p.station(at, { video: out });
  return out;
}

/** Angle of row n and pair k: n/(k + 1). */
function rotaryTables(rows: number): Readonly<Record<string, HostTensor>> {
  const pairs = D / H / 2;
  const table = (of: (angle: number) => number): HostTensor => {
    const data = Float32Array.from({ length: rows * pairs }, (_, i) =>
      of(Math.floor(i / pairs) / ((i % pairs) + 1)),
    );
    return { type: 'float32', shape: [rows, pairs], data };
  };
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** A subject on weights in a real file: one model, two branches. */
export async function wanLikeSubject(
  blocks: number,
  type: StoredWeight['type'] = 'float32',
): Promise<Subject> {
  const spec = wanLike(blocks);
  const shapes = new Map<string, readonly number[]>();
  const collect: WeightSource = {
    find: (name, shape) => {
      shapes.set(name, shape);
      return { kind: 'stored', type: 'float32', range: { bytes: new Uint8Array() } };
    },
  };
  recordPass(spec, { variant: 'plain', rows: false }, collect, {
    compute: 'float32',
    weights: 'mapped',
    decompose: new Set(),
  });
  const tensors = Object.fromEntries(
    [...shapes].map(([name, shape], i) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return [name, storedAs(type, shape, someNumbers(count, i + 1))];
    }),
  );
  const path = join(await temporaryFolder('wan-like'), 'wan-like.safetensors');
  await writeSafetensors(path, tensors);
  return {
    name: 'wan-like',
    models: [openModel(spec, await openCheckpoint(path))],
    grid: { frames: 2, height: 2, width: 3 },
    lengths: { S: 5 },
    conditions: { cond: { text: someTensor([5, TEXT], 91) }, uncond: { text: someTensor([5, TEXT], 92) } },
    latents: { video: someTensor([12, P], 93) },
  };
}

/** Weights that lie one after another in a file that need not exist: for plans and texts of graphs. */
export function pretendWeights(type: StoredWeight['type'] = 'float32', file = '/pretend.bin'): WeightSource {
  let offset = 0;
  return {
    find: (_, shape) => {
      const byteLength = shape.reduce((a, b) => a * b, type === 'float32' ? 4 : 2);
      offset += byteLength;
      return { kind: 'stored', type, range: { file, offset: offset - byteLength, byteLength } };
    },
  };
}
