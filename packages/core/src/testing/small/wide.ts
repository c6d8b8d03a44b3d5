import { join } from 'node:path';
import { openCheckpoint } from '../../checkpoint/open.js';
import { writeSafetensors } from '../../checkpoint/write.js';
import { type OpenModel, openModel } from '../../graph/model-weights.js';
import type { StoredWeight } from '../../graph/weights.js';
import type { ModelSpec } from '../../spec/model.js';
import type { PassBuilder } from '../../spec/pass.js';
import { temporaryFolder } from '../temporary-folder.js';
import { someNumbers } from './run-graph.js';
import { storedAs } from './stored-as.js';

/** D 192, text 200, four values in a patch. */
export const WIDE = { width: 192, text: 200, patch: 4 } as const;
const { width: D, text: TEXT, patch: P } = WIDE;

/**
 * A model with matrices wide enough to quantise, and one of every kind that is to be left: narrow, not a
 * matrix in the checkpoint, read by something else too, after the last block. Three blocks of 64 values in a
 * row of 192, and a tail in a row of 200.
 */
export const wideSpec: ModelSpec = {
  name: 'wide',
  streams: { video: { patch: P, width: D } },
  blocks: 1,
  conditions: { text: { shape: ['S', TEXT] } },
  clocks: { time: { stream: 'video', rows: 'one' } },
  variants: [],
  tableSpecs: {},
  tables: () => ({}),
  rows: ({ frames, height, width }) => ({ video: frames * height * width }),
  patchify: (latents) => latents,
  unpatchify: (rows) => rows,
  emit,
};

function emit(p: PassBuilder): void {
  const square = { in: D, out: D };
  const frequencies = Array.from({ length: D }, (_, i) => i / D / 100);
  const waves = p.cos(
    'time.waves',
    p.mul('time.angles', p.clock('time'), p.constant('f', frequencies, [1, D])),
  );
  const time = p.linear('time_proj', waves, square);
  const text = p.mean('text', p.linear('text_proj', p.condition('text'), { in: TEXT, out: D }), 0);
  const embedded = p.linear('patch_embedding', p.latents('video'), { in: P, out: D });
  p.station('embed', { video: embedded });
  const told = p.add('blocks.0.told', p.add('blocks.0.timed', embedded, time), text);
  const inner = p.linear('blocks.0.fc', p.layerNorm('blocks.0.norm', told, { eps: 1e-6 }), {
    in: D,
    out: 256,
  });
  const narrow = p.linear('blocks.0.down', p.gelu('blocks.0.gelu', inner, 'tanh'), { in: 256, out: 64 });
  const wide = p.linear('blocks.0.up', narrow, { in: 64, out: D });
  const conv = p.linear('blocks.0.conv', wide, { ...square, weightShape: [D, D / 4, 1, 2, 2] });
  const tied = p.linear('blocks.0.tied', conv, { ...square, bias: false });
  const again = p.matmul('blocks.0.again', conv, p.weight('blocks.0.tied.weight', [D, D]));
  const hidden = p.add('blocks.0.out', told, p.add('blocks.0.both', tied, again));
  p.station('blocks.0', { video: hidden });
  p.station('trunk', { video: hidden });
  const head = p.linear('head', p.layerNorm('norm_out', hidden, { eps: 1e-6 }), square);
  p.output('video', p.slice('head.patch', head, { axis: 1, from: 0, to: P }));
}

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  'time_proj.weight': [D, D],
  'time_proj.bias': [D],
  'text_proj.weight': [D, TEXT],
  'text_proj.bias': [D],
  'patch_embedding.weight': [D, P],
  'patch_embedding.bias': [D],
  'blocks.0.fc.weight': [256, D],
  'blocks.0.fc.bias': [256],
  'blocks.0.down.weight': [64, 256],
  'blocks.0.down.bias': [64],
  'blocks.0.up.weight': [D, 64],
  'blocks.0.up.bias': [D],
  'blocks.0.conv.weight': [D, D / 4, 1, 2, 2],
  'blocks.0.conv.bias': [D],
  'blocks.0.tied.weight': [D, D],
  'head.weight': [D, D],
  'head.bias': [D],
};

export interface WideModel {
  readonly seed?: number;
  readonly type?: StoredWeight['type'];
  /** Values to put in place of the random ones, by tensor. */
  readonly values?: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
}

/** The model on weights in a real file, in a temporary folder. */
export async function wideModel({
  seed = 1,
  type = 'float32',
  values = {},
}: WideModel = {}): Promise<OpenModel> {
  const tensors = Object.entries(SHAPES).map(([name, shape], i) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const scale = Math.sqrt(3 / (count / (shape[0] ?? 1)));
    const data = values[name] ?? someNumbers(count, 100 * seed + i).map((value) => value * scale);
    return [name, storedAs(type, shape, data)] as const;
  });
  const path = join(await temporaryFolder('wide'), 'wide.safetensors');
  await writeSafetensors(path, Object.fromEntries(tensors));
  return openModel(wideSpec, await openCheckpoint(path));
}
