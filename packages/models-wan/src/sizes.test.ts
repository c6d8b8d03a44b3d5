import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  type EmitOptions,
  makePlan,
  only,
  recordPass,
  scheduleNamed,
  unipc,
  type WeightSource,
} from '@skipstone/core';
import { rejectionOf, writeSparse } from '@skipstone/core/testing';
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

  /** Files as they are published: of two experts two, whose names differ in one word. */
  async function publish(rename: (name: string) => string): Promise<string> {
    const shapes = [...emitted(config).shapes].map(([name, shape]) => [rename(name), shape] as const);
    const names = size.experts === 2 ? ['wan_high_noise_14B_fp16', 'wan_low_noise_14B_fp16'] : ['wan_bf16'];
    for (const name of names) await writeSparse(join(folder, `${name}.safetensors`), shapes);
    return join(folder, `${names.at(-1)}.safetensors`);
  }

  test.each([
    ["diffusers'", (name: string) => name],
    ["the original's", originalName],
    ["ComfyUI's", (name: string) => `model.diffusion_model.${originalName(name)}`],
    ["a trainer's", (name: string) => `pipe.dit.${originalName(name)}`],
  ])('is known by its header alone, under %s names', async (_, rename) => {
    const model = await openWan(await publish(rename));
    expect([model.name, model.origin]).toEqual([size.name, folder]);
    expect(model.defaults).toEqual(size.usual);
    const until = size.boundary === undefined ? [undefined] : [1000 * size.boundary, undefined];
    expect(model.phases.map((phase) => phase.until)).toEqual(until);
    const files = model.phases.flatMap((phase) => phase.model.checkpoint.files.map(({ path }) => path));
    expect(files).toHaveLength(size.experts);
    if (size.experts === 2) expect(files[0]).toContain('high_noise');
  });

  test.skipIf(size.experts === 2)('is known by its config.json', async () => {
    await writeFile(join(folder, 'config.json'), JSON.stringify(configOfSize(size)));
    expect((await openWan(await publish((name) => name))).name).toBe(size.name);
  });

  test.skipIf(size.experts === 1)('is not opened by half', async () => {
    const low = await publish(originalName);
    await rm(low.replace('low', 'high'));
    const { lines } = await rejectionOf(openWan(low));
    expect(lines.code).toBe('wan-size');
    expect(lines.do).toContain('it is one of two experts: put the other one beside it');
    expect((await rejectionOf(openWan(folder))).lines.do).toBe(lines.do);
  });
});

test.each([
  ['Wan2_2-T2V-A14B_HIGH_fp8.safetensors', 'Wan2_2-T2V-A14B-LOW_fp8.safetensors'],
  ['T2V-HighNoise-v2.safetensors', 'T2V-LowNoise-v2.safetensors'],
])('%s and %s are two experts, whichever is named', async (high, low) => {
  const size = WAN_SIZES.find(({ name }) => name === 'wan2.2-t2v-a14b') as WanSize;
  for (const name of [high, low]) await writeSparse(join(folder, name), emitted(configOf(size)).shapes);
  for (const name of [high, low]) {
    const { phases } = await openWan(join(folder, name));
    const files = phases.map(({ model }) => basename(model.checkpoint.files[0]?.path ?? ''));
    expect(files).toEqual([high, low]);
  }
});

test('words of a folder say nothing of experts', async () => {
  const size = WAN_SIZES.find(({ name }) => name === 'wan2.1-t2v-14b') as WanSize;
  const high = join(folder, 'high_quality');
  await mkdir(high);
  await writeSparse(join(high, 'wan.safetensors'), emitted(configOf(size)).shapes);
  expect((await openWan(high)).name).toBe(size.name);
});

test.each([
  [
    'a width',
    'patch_embedding.weight',
    [1792, 16, 1, 2, 2],
    'width 1792, feed-forward 8960, 30 blocks, 16 channels in',
  ],
  ['a depth', 'blocks.30.scale_shift_table', [1, 6, 1536], 'width 1536, feed-forward 8960, 31 blocks'],
])('%s that is not published is refused', async (_, name, shape, have) => {
  const { shapes } = emitted(configOf(WAN_SIZES[0] as WanSize));
  await writeSparse(join(folder, 'high_quality.safetensors'), new Map([...shapes, [name, shape]]));
  const { lines } = await rejectionOf(openWan(join(folder, 'high_quality.safetensors')));
  expect(lines.what).toContain('none of the published transformers, and there is no config.json');
  expect(lines.have).toContain(have);
  expect(lines.need).toContain('wan2.1-t2v-1.3b, wan2.1-t2v-14b');
  expect(lines.do).toBe('put the config.json of its diffusers version beside it, or pass { config }');
});

test('a file of something else says what is in it', async () => {
  await writeSparse(join(folder, 'vae.safetensors'), [['encoder.conv_in.weight', [4, 3]]]);
  const { lines } = await rejectionOf(openWan(join(folder, 'vae.safetensors')));
  expect(lines.have).toBe("1 tensors, such as 'encoder.conv_in.weight', and no patch_embedding");
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
