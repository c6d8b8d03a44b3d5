import { join } from 'node:path';
import { type EmitOptions, euler, makePlan, only, recordPass, type WeightSource } from '@skipstone/core';
import { rejectionOf, temporaryFolder, writeSparse } from '@skipstone/core/testing';
import { describe, expect, it } from 'vitest';
import { ltxConfig } from './config.js';
import { connectorsConfig } from './connectors/connectors-config.js';
import { connectorsPass, REGISTERS } from './connectors/connectors-pass.js';
import { isLtx } from './is-ltx.js';
import { openLtx } from './open-ltx.js';
import { ltxFlow } from './schedule.js';
import { configOfSize, LTX_SIZES, sizeOfConfig } from './sizes.js';
import { originalName } from './test-kit/original-name.js';
import { ltxTransformer } from './transformer.js';

const OPTIONS: EmitOptions = { compute: 'float32', weights: 'mapped', decompose: new Set() };

function countingWeights() {
  const shapes = new Map<string, readonly number[]>();
  const weights: WeightSource = {
    find: (name, shape) => {
      shapes.set(name, shape);
      return { kind: 'stored', type: 'bfloat16', range: { file: 'none', offset: 0, byteLength: 0 } };
    },
  };
  const count = () => [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return { weights, count, shapes };
}

describe.each(LTX_SIZES)('$name', (size) => {
  const config = ltxConfig(configOfSize(size), size.name);
  const record = (weights: WeightSource, rows: boolean, variant = 'plain') => {
    const options = { firstFrame: true, keyframes: size.keyframes };
    return recordPass(ltxTransformer(config, size.name, options), { variant, rows }, weights, OPTIONS);
  };

  it('claims as many parameters as are published', () => {
    const { weights, count } = countingWeights();
    record(weights, false);
    expect(count()).toBe(size.parameters);
  });

  it.each([
    [false, 'plain'],
    [true, 'plain'],
    [true, 'skip-attention'],
    [true, 'isolated'],
  ] as const)('makes no modulation of all parts for every token (rows: %s, %s)', (rows, variant) => {
    const { recorder } = record(countingWeights().weights, rows, variant);
    const ofTokens = [...recorder.values.values()].flatMap(({ value: { shape } }) =>
      typeof shape[0] === 'string' && /^[AN]\.(video|audio)$/.test(shape[0]) ? [shape.slice(1)] : [],
    );
    const widths = new Set(ofTokens.map((shape) => shape.reduce<number>((n, dim) => n * Number(dim), 1)));
    const parts = [4, 5, 6, 9].flatMap((n) => [n * config.video.width, n * config.audio.width]);
    // The feed-forward is four times as wide, in either stream.
    for (const wide of parts.filter((n) => n !== 4 * config.video.width && n !== 4 * config.audio.width)) {
      expect(widths).not.toContain(wide);
    }
    expect(widths).toContain(config.video.width);
  });

  it('is known by its name', () => {
    expect(sizeOfConfig(config)).toEqual({ size, exact: true });
  });

  it.each([
    ["diffusers'", (name: string) => name],
    ["the original's", originalName],
    ["ComfyUI's, bare", (name: string) => originalName(name).replace('model.', '')],
  ])('is known by its header alone, under %s names', async (_, rename) => {
    const { weights, shapes } = countingWeights();
    record(weights, false);
    const path = join(await temporaryFolder('ltx-size'), 'ltx.safetensors');
    await writeSparse(
      path,
      [...shapes].map(([name, shape]) => [rename(name), shape] as const),
    );
    expect(await isLtx(path)).toBe(true);
    expect((await openLtx(path, { keyframes: size.keyframes, firstFrame: true })).name).toBe(size.name);
    const deeper = join(await temporaryFolder('ltx-size'), 'deeper.safetensors');
    await writeSparse(deeper, new Map([...shapes, ['transformer_blocks.48.scale_shift_table', [1]]]));
    expect((await rejectionOf(openLtx(deeper))).lines.have).toBe('width 4096, 49 blocks');
  });
});

describe('a forward costs what the formulas of its layers say', () => {
  // TFLOP of a forward at 121 frames with 126 tokens of sound and 1024 of text: products and attention scores.
  it.each([
    [768, 512, 6144, 199],
    [832, 480, 6240, 202],
    [1280, 704, 14_080, 537],
    [1536, 1024, 24_576, 1136],
  ])('%i×%i, %i tokens: %i TFLOP', (width, height, tokens, teraflops) => {
    const [size] = LTX_SIZES;
    if (!size) throw new Error('no size');
    const spec = ltxTransformer(ltxConfig(configOfSize(size), size.name), size.name);
    const weights = countingWeights().weights;
    const plan = makePlan({
      phases: [{ name: 'denoise', spec, weights, from: 0, to: 1, guidance: only() }],
      grid: { frames: 16, height: height / 32, width: width / 32 },
      lengths: { S: 1024 },
      schedule: ltxFlow({ steps: 1, tokens }),
      sampler: euler(),
      plugins: [],
      settings: { ...OPTIONS, device: 'cpu', weights: 'packed', flopsPerSecond: 1e12 },
    });
    const { rows, seconds } = plan.phases[0] ?? {};
    expect(rows).toEqual({ video: tokens, audio: 126 });
    const { run = 0, step = 0, pass = 0 } = seconds ?? {};
    expect(Math.abs(run + step + pass - teraflops) / teraflops).toBeLessThan(0.005);
  });
});

describe('text connectors', () => {
  const later = {
    ...{ per_modality_projections: true, proj_bias: true, video_gated_attn: true, audio_gated_attn: true },
    ...{ video_connector_num_attention_heads: 32, audio_connector_num_attention_heads: 32 },
    ...{ audio_connector_attention_head_dim: 64, rope_type: 'split' },
    ...{ video_connector_num_layers: 8, audio_connector_num_layers: 8 },
  };

  it.each([
    ['2.0', { rope_type: 'split' }, 1_431_475_200],
    ['2.3', later, 3_172_227_584],
  ])('of %s claim as many parameters as are published, registers apart', (name, fields, parameters) => {
    const config = connectorsConfig(fields, name);
    const { weights, count } = countingWeights();
    recordPass(connectorsPass(config, name), { variant: 'plain', rows: false }, weights, OPTIONS);
    expect(Object.keys(REGISTERS)).toEqual(['video', 'audio']);
    const registers =
      config.video.registers * config.video.width + config.audio.registers * config.audio.width;
    expect(count() + registers).toBe(parameters);
  });
});
