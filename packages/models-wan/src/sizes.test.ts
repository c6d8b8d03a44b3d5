import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EmitOptions,
  makePlan,
  only,
  openCheckpoint,
  recordPass,
  scheduleNamed,
  unipc,
  type WeightSource,
} from '@skipstone/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WanConfig, wanConfig } from './config.js';
import { openWan } from './open-wan.js';
import { configOfSize, WAN_SIZES, type WanSize } from './sizes.js';
import { originalName } from './test-kit/original-name.js';
import { wanTransformer } from './transformer.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-wan-sizes-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const configOf = (size: WanSize): WanConfig =>
  wanConfig(configOfSize(size), size.name, { firstFrame: size.name.includes('ti2v') });

const OPTIONS: EmitOptions = { compute: 'float32', weights: 'mapped', decompose: new Set() };
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Shapes of all tensors a transformer reads, and the pass that reads them. */
function emitted(config: WanConfig, rows = false) {
  const shapes = new Map<string, readonly number[]>();
  const weights: WeightSource = {
    find: (name, shape) => {
      shapes.set(name, shape);
      return { kind: 'stored', type: 'float32', range: { bytes: new Uint8Array() } };
    },
  };
  const spec = wanTransformer(config, 'sized');
  const pass = recordPass(spec, { variant: 'plain', rows }, weights, OPTIONS);
  return { shapes, pass, spec, weights };
}

/** A file that has a header and is as long as it says; its zeros take no room on disk. */
async function putSparse(path: string, shapes: ReadonlyMap<string, readonly number[]>): Promise<void> {
  let end = 0;
  const entries = [...shapes].map(([name, shape]) => {
    const begin = end;
    end += 2 * product(shape);
    return [name, { dtype: 'BF16', shape, data_offsets: [begin, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const header = Buffer.alloc(8 + Math.ceil(json.byteLength / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.byteLength - 8));
  json.copy(header, 8);
  const file = await open(path, 'wx');
  await file.write(header);
  await file.truncate(header.byteLength + end);
  await file.close();
}

describe.each(WAN_SIZES.map((size) => [size.name, size] as const))('%s', (_, size) => {
  const config = configOf(size);

  test('has the parameters it is published with', () => {
    const count = [...emitted(config).shapes.values()].reduce((sum, shape) => sum + product(shape), 0);
    expect(count).toBe(size.parameters);
  });

  test.each([false, true])("makes no value as large as every token's modulation (rows: %s)", (rows) => {
    const { recorder } = emitted(config, rows).pass;
    const ofTokens = [...recorder.values.values()]
      .map(({ value }) => value.shape)
      .filter(([first]) => /^[NA]\./.test(String(first)));
    expect(ofTokens.length).toBeGreaterThan(100);
    const widths = ofTokens.map((shape) => product(shape.slice(1).map(Number)));
    expect(widths.filter((width) => width >= 6 * config.width)).toEqual([]);
  });

  test.skipIf(size.experts === 2)('is known by its header, under either names', async () => {
    const { shapes } = emitted(config);
    await writeFile(join(folder, 'config.json'), JSON.stringify(configOfSize(size)));
    await putSparse(join(folder, 'diffusion_pytorch_model.safetensors'), shapes);
    const model = await openWan(folder);
    expect(model.name).toBe(size.name);
    expect(model.defaults).toEqual(size.usual);
    const { files } = (model.phases[0]?.model ?? { checkpoint: { files: [] } }).checkpoint;
    expect(files).toHaveLength(1);
    const original = join(folder, 'original.safetensors');
    await putSparse(original, new Map([...shapes].map(([name, shape]) => [originalName(name), shape])));
    expect((await openCheckpoint(original)).tensors.has('head.modulation')).toBe(true);
    expect((await openWan(original)).name).toBe(size.name);
  });
});

/**
 * TFLOP of one forward. Source: models.md G of this project's references, computed by a script of its own:
 * 2N(6d² + 2d·ffn) + 4·ctx·d² for products, 4N²d + 4·N·ctx·d for attention, a block.
 */
const COST = [
  ['wan2.1-t2v-1.3b', 832, 480, 81, 32_760, 283],
  ['wan2.1-t2v-1.3b', 1280, 720, 81, 75_600, 1250],
  ['wan2.1-t2v-14b', 832, 480, 81, 32_760, 1678],
  ['wan2.1-t2v-14b', 1280, 720, 81, 75_600, 6523],
  ['wan2.1-i2v-14b', 832, 480, 81, 32_760, 1686],
  ['wan2.1-i2v-14b', 1280, 720, 81, 75_600, 6540],
  ['wan2.2-ti2v-5b', 1280, 704, 121, 27_280, 517],
  ['wan2.2-ti2v-5b', 832, 480, 121, 12_090, 162],
] as const;

test.each(COST)(
  '%s at %ix%i, %i frames: %i tokens, %i TFLOP',
  (name, width, height, frames, tokens, tera) => {
    const size = WAN_SIZES.find((one) => one.name === name) as WanSize;
    const config = configOf(size);
    const { spec, weights } = emitted(config);
    const side = config.channels === 48 ? 16 : 8;
    const grid = { frames: (frames - 1) / 4 + 1, height: height / side, width: width / side };
    const plan = makePlan({
      phases: [{ name: 'one', spec, weights, from: 0, to: 1, guidance: only() }],
      grid,
      lengths: { S: 512, I: 257 },
      schedule: scheduleNamed('unipc-flow', { steps: 1, shift: 5 }),
      sampler: unipc(),
      plugins: [],
      settings: { ...OPTIONS, device: 'cpu', flopsPerSecond: 1e12 },
    });
    const [phase] = plan.phases;
    expect(phase?.rows).toEqual({ video: tokens });
    const { run = 0, step = 0, pass = 0 } = phase?.seconds ?? {};
    expect(Math.abs((run + step + pass) / tera - 1)).toBeLessThan(0.005);
  },
);
