import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromFloat8 } from '../checkpoint/float8.js';
import { narrowBfloat16 } from '../checkpoint/half.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { readTensor } from '../checkpoint/read.js';
import { type StreamedTensor, writeSafetensors } from '../checkpoint/write.js';
import { openModel } from '../graph/model-weights.js';
import { only } from '../guidance/only.js';
import type { HostTensor } from '../spec/tensor.js';
import { faultLines, rejectionOf } from '../testing/fault.js';
import { someTensor } from '../testing/small/run-graph.js';
import { WIDE, wideModel, wideSpec } from '../testing/small/wide.js';
import { runOn, sameBytes } from '../testing/subject.js';
import { listSidecars } from './cache.js';
import { nodeSidecarFiles } from './node-sidecar-files.js';
import { openWeights } from './open-weights.js';
import { quantisedWeights } from './sidecar.js';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'skipstone-float8-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Format = 'F8_E4M3' | 'F8_E5M2';
type Tensors = Record<string, HostTensor | StreamedTensor>;

const numbers = (values: readonly number[], ...shape: number[]): HostTensor => ({
  ...{ type: 'float32', shape: [...shape] },
  data: Float32Array.from(values),
});

const bytes = (
  dtype: StreamedTensor['dtype'],
  shape: readonly number[],
  data: Uint8Array,
): StreamedTensor => ({
  ...{ dtype, shape },
  pieces: () => [data],
});

/** Codes that repeat after 253 values, none of them infinite or NaN. */
function codes(format: Format, count: number): Uint8Array {
  const finite = [...Array(256).keys()].filter((code) => Number.isFinite(fromFloat8(format, code)));
  return Uint8Array.from(
    { length: count },
    (_, i) => finite[(i * 7) % Math.min(253, finite.length)] as number,
  );
}

/** A matrix of 192 columns and more is one of 8-bit floats; each form of scale has some. */
async function fp8(format: Format, more: Tensors = {}) {
  const { checkpoint } = await wideModel();
  const stored: Tensors = {};
  const meant: Record<string, HostTensor> = {};
  for (const [name, entry] of checkpoint.tensors) {
    const { shape, data } = await readTensor(entry);
    const count = data.length;
    if (shape.length !== 2) {
      stored[name] = { type: 'float32', shape, data: data as Float32Array<ArrayBuffer> };
      meant[name] = stored[name] as HostTensor;
      continue;
    }
    const module = name.replace(/\.weight$/, '');
    const rows = shape[0] ?? 1;
    const of = Object.keys(meant).length % 3;
    const scales =
      of === 0 ? [] : of === 1 ? [0.00037] : Array.from({ length: rows }, (_, i) => 2 ** -9 * (1 + i / 100));
    if (of === 1) stored[`${module}.scale_weight`] = numbers(scales);
    if (of === 2) stored[`${module}.weight_scale`] = numbers(scales, rows, 1);
    stored[`${module}.${of === 1 ? 'scale_input' : 'input_scale'}`] = numbers([3]);
    const held = codes(format, count);
    stored[name] = bytes(format, shape, held);
    const values = Float32Array.from(held, (code, i) => {
      const scale = Math.fround(scales[scales.length === rows ? Math.floor((i * rows) / count) : 0] ?? 1);
      return fromFloat8(format, code) * scale;
    });
    meant[name] = { type: 'float32', shape, data: values };
  }
  const mark = bytes(format, [0], new Uint8Array());
  const path = join(folder, `${Object.keys(more).length}-${format}.safetensors`);
  await writeSafetensors(path, { ...stored, scaled_fp8: mark, ...more });
  return { path, stored, meant };
}

const cache = (): string => join(folder, 'cache', 'below');
const silent = (): void => {};

async function latentsOf(path: string) {
  const model = openModel(wideSpec, await openWeights(path, { folder: cache() }));
  const subject = {
    ...{ name: 'wide', models: [model], grid: { frames: 2, height: 3, width: 4 }, lengths: { S: 7 } },
    conditions: { cond: { text: someTensor([7, WIDE.text], 1) } },
    ...{ latents: { video: someTensor([24, WIDE.patch], 3) }, guidance: only() },
  };
  return (await runOn(subject, { steps: 2 })).latents;
}

describe.each(['F8_E4M3', 'F8_E5M2'] as const)('weights in %s', (format) => {
  it('are read as bfloat16: each value times its scale, within 2⁻⁸; exactly where there is none', async () => {
    const { path, meant, stored } = await fp8(format);
    const isScaled = (name: string) =>
      ['scale_weight', 'weight_scale'].some((scale) => name.replace(/weight$/, scale) in stored);
    const checkpoint = await openWeights(path, { folder: cache() });
    expect([...checkpoint.tensors.keys()].sort()).toEqual(Object.keys(meant).sort());
    expect(await readdir(folder)).not.toContain('cache'); // opening writes nothing
    const told: string[] = [];
    await checkpoint.conversion?.make((text) => told.push(text));
    expect(told[0]).toMatch(/^making \d+ tensors of 8-bit floats as bfloat16, 0\.00 GiB, in /);
    for (const [name, { data, shape }] of Object.entries(meant)) {
      const entry = checkpoint.tensors.get(name);
      if (!entry) throw new Error(name);
      const got = await readTensor(entry);
      expect([entry.dtype, got.shape]).toEqual([shape.length === 2 ? 'BF16' : 'F32', shape]);
      const worst = [...data].reduce<number>(
        (most, want, i) =>
          Math.max(most, Math.abs(Number(got.data[i]) - Number(want)) / (Math.abs(Number(want)) || 1)),
        0,
      );
      expect(worst).toBeLessThanOrEqual(isScaled(name) ? 2 ** -8 : 0);
    }
  });

  it('give the bytes of the same weights stored as bfloat16', async () => {
    const { path, meant } = await fp8(format);
    const half = Object.entries(meant).map(([name, { shape, data }]) => {
      if (shape.length !== 2) return [name, { type: 'float32', shape, data } as HostTensor] as const;
      const { buffer } = narrowBfloat16(data as Float32Array);
      return [name, bytes('BF16', shape, new Uint8Array(buffer))] as const;
    });
    await writeSafetensors(join(folder, 'bf16.safetensors'), Object.fromEntries(half));
    const [got, want] = [await latentsOf(path), await latentsOf(join(folder, 'bf16.safetensors'))];
    expect(sameBytes(got, want)).toBe(true);
    expect(await listSidecars(cache())).toMatchObject([{ form: 'bf16', model: 'an fp8 checkpoint' }]);
  });
});

it('are converted once, and anew where the file is damaged', async () => {
  const { path } = await fp8('F8_E4M3');
  const { conversion } = await openWeights(path, { folder: cache() });
  if (!conversion) throw new Error('no conversion');
  const told: string[] = [];
  await conversion.make(silent);
  const right = await readFile(conversion.file);
  expect(right.byteLength).toBe(conversion.bytes);
  await conversion.make((text) => told.push(text));
  expect(told).toEqual([expect.not.stringContaining('making')]);
  for (const wrong of [right.subarray(1), Buffer.alloc(right.byteLength)]) {
    await writeFile(conversion.file, wrong);
    await (await openWeights(path, { folder: cache() })).conversion?.make(silent);
    expect((await readFile(conversion.file)).equals(right)).toBe(true);
  }
});

it('are what 8-bit integers are made from', async () => {
  const { path } = await fp8('F8_E5M2');
  const model = openModel(wideSpec, await openWeights(path, { folder: cache() }));
  const { weights } = await quantisedWeights(model, { bits: 8, folder: cache() });
  expect(weights.find('blocks.0.fc.weight', [256, 192])).toMatchObject({ kind: 'quantised' });
  expect((await listSidecars(cache())).map(({ form }) => form)).toEqual(['bf16', '8-bit, block 64']);
});

it('leave nothing behind where the disk is too small, or the making is stopped', async () => {
  const { path } = await fp8('F8_E4M3');
  const files = { ...nodeSidecarFiles, freeBytes: async () => 1000 };
  const full = (await openWeights(path, { folder: cache(), files })).conversion;
  const { lines } = await rejectionOf(full?.make(silent) ?? Promise.resolve());
  expect([lines.code, lines.have]).toEqual(['quantise-space', `0.0 MiB free at ${cache()}`]);
  const { conversion } = await openWeights(path, { folder: cache() });
  await expect(conversion?.make(silent, AbortSignal.abort())).rejects.toThrow(
    expect.objectContaining({ name: 'AbortError' }),
  );
  expect(await readdir(cache())).toEqual([]);
});

it('names a weight that is not a number', async () => {
  const held = codes('F8_E4M3', 64 * 256);
  held[300] = 0xff;
  const { path } = await fp8('F8_E4M3', { 'blocks.0.down.weight': bytes('F8_E4M3', [64, 256], held) });
  const { conversion } = await openWeights(path, { folder: cache() });
  const error = await rejectionOf(conversion?.make(silent) ?? Promise.resolve());
  expect(error.lines.what).toContain("the weight 'blocks.0.down.weight' is not a number");
  expect(error.lines.have).toMatch(/^NaN times .*, value 300 \(F8_E4M3 code 255\)$/);
  expect(await readdir(cache())).toEqual([]);
});

const FORM = (form: object): StreamedTensor => {
  const data = new TextEncoder().encode(JSON.stringify(form));
  return bytes('U8', [data.length], data);
};

it.each<[string, Tensors, string]>([
  [
    'a scale of another shape',
    { 'blocks.0.fc.scale_weight': numbers([1, 1, 1], 3) },
    '[3] for a weight [256, 192]',
  ],
  [
    'a scale of columns',
    { 'blocks.0.fc.scale_weight': numbers(Array(192).fill(1), 1, 192) },
    '[1, 192] for a weight',
  ],
  ['two scales', { 'head.scale_weight': numbers([1]), 'head.weight_scale': numbers([1]) }, 'head.'],
  ['a scale of a bias', { 'blocks.0.gone.scale_weight': numbers([1]) }, 'no weight of its name'],
  ['rotated weights', { 'head.comfy_quant': FORM({ format: 'float8_e4m3fn', convrot: true }) }, 'convrot'],
  ['blocks of weights', { 'head.comfy_quant': FORM({ format: 'mxfp8' }) }, 'mxfp8'],
  ['a mark that is no JSON', { 'head.comfy_quant': bytes('U8', [2], Uint8Array.of(0x7b, 0)) }, '"{'],
])('refuses %s', async (_, more, have) => {
  const drop = Object.keys(more)[0]?.replace(/\.\w+$/, '');
  const { path, stored } = await fp8('F8_E4M3');
  const kept = Object.entries(stored).filter(([name]) => !name.startsWith(`${drop}.`) || !/scale/.test(name));
  await writeSafetensors(path, { ...Object.fromEntries(kept), ...more });
  const error = await rejectionOf(openWeights(path, { folder: cache() }));
  expect(error.lines.code).toBe('float8-form');
  expect(error.lines.have).toContain(have);
  expect(faultLines(error).every((line) => line.length > 0)).toBe(true);
});

it.each(['{"layers":{', 'null', '{"layers":"none"}', '{"layers":{"head":{"format":"nvfp4"}}}'])(
  'refuses the metadata %s',
  async (text) => {
    const { path, stored } = await fp8('F8_E4M3');
    await writeSafetensors(path, stored, { metadata: { _quantization_metadata: text } });
    const { lines } = await rejectionOf(openWeights(path, { folder: cache() }));
    expect([lines.code, lines.what]).toEqual([
      'float8-form',
      expect.stringContaining("the checkpoint's _quantization_metadata"),
    ]);
  },
);

it('takes plain marks, and leaves other parts of a release alone', async () => {
  const { path } = await fp8('F8_E4M3', {
    'head.comfy_quant': FORM({ format: 'float8_e4m3fn', full_precision_matrix_mult: true }),
    'text_encoders.umt5.weight': bytes('F8_E4M3', [2], Uint8Array.of(0x7f, 1)),
    'vae.decoder.weight': numbers([1]),
  });
  const { tensors } = await openWeights(path, { folder: cache() });
  expect(tensors.has('head.weight')).toBe(true);
  expect([...tensors.keys()].filter((name) => /umt5|vae|comfy/.test(name))).toEqual([]);
  expect((await openCheckpoint(path)).tensors.has('vae.decoder.weight')).toBe(true);
});
