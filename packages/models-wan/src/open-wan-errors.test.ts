import { generate } from '@skipstone/core';
import { faultLines, rejectionOf } from '@skipstone/core/testing';
import { expect, test } from 'vitest';
import { openWan } from './open-wan.js';
import {
  at,
  folder,
  ORIGINAL,
  PIPELINE,
  put,
  putPipeline,
  putWeights,
  RUN,
  SCHEDULER,
  TINY,
} from './test-kit/wan-folder.js';

const linesOf = async (path = folder, options = {}) =>
  faultLines(await rejectionOf(openWan(path, options)), folder);

test('nothing at the path', async () => {
  expect(await linesOf(at('wan'))).toEqual([
    'wan-files',
    'there is nothing at …/wan',
    'no file or folder',
    'the folder of a Wan model in diffusers or original layout, or its .safetensors file',
    'check the path',
  ]);
});

test('an empty folder', async () => {
  expect((await linesOf()).slice(0, 3)).toEqual([
    'checkpoint-missing',
    'no checkpoint in …',
    'an empty folder',
  ]);
});

test('a folder or file that is a pickle, without a configuration', async () => {
  await put('model.pt', {});
  for (const path of [folder, at('model.pt')]) {
    expect((await linesOf(path)).slice(0, 2)).toEqual([
      'checkpoint-pickle',
      '…/model.pt is a pickle, which is not opened',
    ]);
  }
});

test('a folder without a configuration, of no published size', async () => {
  await putWeights('model.safetensors');
  expect(await linesOf()).toEqual([
    'wan-size',
    '…: this is none of the published transformers, and there is no config.json',
    'width 32, feed-forward 56, 3 blocks, 4 channels in, 4 out',
    'wan2.1-t2v-1.3b, wan2.1-t2v-14b, wan2.1-i2v-14b, wan2.2-t2v-a14b, wan2.2-i2v-a14b, wan2.2-ti2v-5b',
    'put the config.json of its diffusers version beside it, or pass { config }',
  ]);
});

test('a configuration that is not JSON', async () => {
  await put('config.json', '{"dim": ');
  const [code, , have, need, todo] = await linesOf();
  expect([code, need, todo]).toEqual(['model-config-file', 'a JSON file', 'download it again']);
  expect(have).toMatch(/JSON/);
});

test('a configuration of a megabyte and more', async () => {
  await put('config.json', `{}${' '.repeat(2 ** 20)}`);
  expect((await linesOf())[2]).toBe('1048578 bytes');
});

test('a folder without weights', async () => {
  await put('config.json', TINY);
  expect((await linesOf())[0]).toBe('checkpoint-missing');
});

test.each([
  ['null', null, 'the file: '],
  ['a list', [], 'the file: '],
  ['fields of the wrong type', { ...TINY, num_layers: '3' }, 'num_layers: '],
  ['another class', { ...TINY, _class_name: 'LTXVideoTransformer3DModel' }, '_class_name: '],
  ['an unknown flag', { ...TINY, some_new_flag: true }, 'Unrecognized key: "some_new_flag"'],
  ['the layers of VACE', { ...TINY, vace_layers: [0, 2] }, 'Unrecognized key: "vace_layers"'],
  ['first and last frame', { ...TINY, pos_embed_seq_len: 514 }, 'pos_embed_seq_len: first and last'],
  ['an image without its keys', { ...TINY, image_dim: 1280 }, 'image_dim 1280, added_kv_proj_dim undefined'],
  ['keys of another width', { ...TINY, image_dim: 6, added_kv_proj_dim: 6 }, 'added_kv_proj_dim 6, width 32'],
  ['fewer channels in than out', { ...TINY, in_channels: 3 }, 'in_channels 3, out_channels 4'],
  ['the original, video editing', { ...ORIGINAL, model_type: 'vace' }, 'model_type: '],
  ['the original, an unknown flag', { ...ORIGINAL, vace_in_dim: 96 }, 'Unrecognized key: "vace_in_dim"'],
  ['the original, local attention', { ...ORIGINAL, window_size: [4, 4] }, 'window_size.0: '],
  ['the original, heads that do not divide', { ...ORIGINAL, num_heads: 3 }, 'dim 32, num_heads 3'],
  ['the original, a missing field', { model_type: 't2v' }, 'dim: '],
  ['the original, another class', { ...ORIGINAL, _class_name: 'VaceWanModel' }, '_class_name: '],
])('a configuration that is %s', async (_, config, have) => {
  await put('config.json', config);
  await putWeights('model.safetensors');
  const lines = await linesOf();
  expect(lines[0]).toBe('wan-config');
  expect(lines[1]).toContain('…/config.json: ');
  expect(lines[2]).toContain(have);
  expect(lines[4]).not.toBe('');
});

test.each([
  ['more blocks than the weights have', { num_layers: 1_000_000_000 }, 'checkpoint-tensor'],
  ['fewer blocks than the weights have', { num_layers: 2 }, 'checkpoint-claims'],
  ['another width', { ffn_dim: 57 }, 'checkpoint-shape'],
])('a configuration with %s', async (_, fields, code) => {
  await put('config.json', { ...TINY, ...fields });
  await putWeights('model.safetensors');
  expect((await linesOf())[0]).toBe(code);
});

test.each([
  ['transformer', 'transformer_2'],
  ['high_noise_model', 'low_noise_model'],
])('one of two experts, %s or %s', async (first, second) => {
  for (const one of [first, second]) {
    await put(`${one}/config.json`, TINY);
    await putWeights(`${one}/model.safetensors`);
  }
  for (const path of [at(first), at(second), at(`${second}/model.safetensors`)]) {
    const lines = await linesOf(path);
    expect(lines[0]).toBe('wan-two-experts');
    expect(lines[1]).toMatch(/^…\/\w+: this is one of two experts$/);
    expect(lines.slice(2)).toEqual([
      'a transformer that computes the steps of high noise, or those of low noise',
      'both (Wan2.2 A14B)',
      'name the folder around them: …',
    ]);
  }
});

test('two experts of two sizes', async () => {
  await putPipeline({ ...PIPELINE, transformer_2: ['diffusers', 'WanTransformer3DModel'] });
  await put('transformer_2/config.json', { ...TINY, ffn_dim: 57 });
  await putWeights('transformer_2/model.safetensors');
  expect(await linesOf()).toEqual([
    'wan-two-experts',
    '…/transformer_2/config.json: the two experts are not of one model',
    'feedForward 56 and 57',
    'two transformers of one size',
    'download the model again',
  ]);
});

test('half of an original release of two experts', async () => {
  await put('high_noise_model/config.json', ORIGINAL);
  await putWeights('high_noise_model/model.safetensors');
  expect(await linesOf()).toEqual([
    'wan-two-experts',
    '…: one of its two experts is missing',
    'no folder low_noise_model, which computes the steps of low noise',
    'high_noise_model and low_noise_model',
    'complete the download',
  ]);
});

test('a pipeline whose second expert is not there', async () => {
  await putPipeline({ ...PIPELINE, transformer_2: ['diffusers', 'WanTransformer3DModel'] });
  expect((await linesOf()).slice(0, 3)).toEqual([
    'wan-two-experts',
    '…: one of its two experts is missing',
    'no folder transformer_2, which computes the steps of low noise',
  ]);
});

test.each([
  [{ ...PIPELINE, _class_name: 'WanVACEPipeline' }, /^_class_name: Invalid option/],
  [
    { ...PIPELINE, boundary_ratio: null, transformer_2: ['diffusers', 'WanTransformer3DModel'] },
    /^transformer_2 without a boundary_ratio$/,
  ],
])('another pipeline: %o', async (index, have) => {
  await putPipeline(index);
  expect(await linesOf()).toEqual([
    'wan-pipeline',
    '…/model_index.json: this pipeline is not supported',
    expect.stringMatching(have),
    'WanPipeline or WanImageToVideoPipeline, its second transformer with a boundary_ratio',
    'name the folder of a Wan2.1 or Wan2.2 model',
  ]);
});

test('a timestep per token beside condition channels', async () => {
  await putPipeline({ ...PIPELINE, expand_timesteps: true });
  await put('transformer/config.json', { ...TINY, in_channels: 8 });
  expect((await linesOf())[2]).toBe('a timestep per token and 4 condition channels');
});

test('an index that is none', async () => {
  await putPipeline({ _class_name: 'WanPipeline', transformer: 'yes' });
  expect((await linesOf())[2]).toContain('transformer: ');
});

test.each([
  [{ ...SCHEDULER, prediction_type: 'epsilon' }, 'prediction_type: '],
  [{ ...SCHEDULER, flow_shift: -1 }, 'flow_shift: '],
  [{ ...SCHEDULER, flow_shift: '3' }, 'flow_shift: '],
  [{ ...SCHEDULER, use_dynamic_shifting: true }, 'use_dynamic_shifting: '],
  [{ ...SCHEDULER, use_karras_sigmas: true }, 'use_karras_sigmas: '],
])('a schedule that cannot be run: %o', async (scheduler, have) => {
  await putPipeline(PIPELINE, scheduler);
  const lines = await linesOf();
  expect(lines[2]).toContain(have);
  expect([lines[0], lines[1], lines[3], lines[4]]).toEqual([
    'wan-scheduler',
    '…/scheduler/scheduler_config.json: this schedule cannot be run',
    'flow prediction, with a fixed flow shift above 0 and at most 100',
    'use the scheduler_config.json the model was published with',
  ]);
});

test('an option that is none', async () => {
  expect(await linesOf(RUN, { nam: 'mine' })).toEqual([
    'unknown-option',
    "openWan has no option 'nam'",
    "'nam'",
    'name, side, config, variant, loras',
    "did you mean 'name'?",
  ]);
});

test('a prompt, since there is no text encoder', async () => {
  const { code, lines } = await rejectionOf(generate(await openWan(RUN), { prompt: 'a cat' }).result);
  expect(code).toBe('prompt-missing');
  expect(lines.do).toBe('pass { embeds: { cond, uncond } }');
});
