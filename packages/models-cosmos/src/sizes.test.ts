import { join } from 'node:path';
import { recordPass, type WeightSource } from '@skipstone/core';
import { rejectionOf, temporaryFolder, writeSparse } from '@skipstone/core/testing';
import { describe, expect, it } from 'vitest';
import { cosmosConfig } from './config.js';
import { isCosmos } from './is-cosmos.js';
import { openCosmos } from './open-cosmos.js';
import { COSMOS_SIZES, configOfSize } from './sizes.js';
import { ORIGINAL } from './test-kit/original.js';
import { cosmosTransformer } from './transformer.js';
import { cosmosUsual } from './usual.js';

describe.each(COSMOS_SIZES)('$name', (size) => {
  const config = cosmosConfig(configOfSize(size), size.name);
  const shapes = new Map<string, readonly number[]>();
  const weights: WeightSource = {
    find: (name, shape) => {
      shapes.set(name, shape);
      return { kind: 'stored', type: 'bfloat16', range: { file: 'none', offset: 0, byteLength: 0 } };
    },
  };
  const record = (rows: boolean) =>
    recordPass(cosmosTransformer(config, size.name), { variant: 'plain', rows }, weights, {
      compute: 'float32',
      weights: 'mapped',
      decompose: new Set(),
    });

  it('claims as many parameters as are published', () => {
    record(false);
    const count = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(count).toBe(size.parameters);
  });

  it.each([false, true])('makes no modulation of all parts for every token (rows: %s)', (rows) => {
    const wide = [...record(rows).recorder.values.values()].filter(
      ({ value: { shape } }) =>
        typeof shape[0] === 'string' && shape[0].endsWith('.video') && shape.length < 3,
    );
    const widths = new Set(wide.map(({ value }) => value.shape.at(-1)));
    expect(widths).not.toContain(3 * config.width);
    expect(widths).not.toContain(6 * config.width);
    expect(widths).toContain(config.width);
  });

  it('is known by its name', () => {
    expect(cosmosUsual(config).name).toBe(size.name);
  });

  it.each([
    ["diffusers'", (name: string) => name],
    ["the original's", (name: string) => ORIGINAL.rename?.(name) ?? ''],
    ["ComfyUI's", (name: string) => `model.diffusion_model.${ORIGINAL.rename?.(name).replace('net.', '')}`],
  ])('is known by its header alone, under %s names', async (_, rename) => {
    record(false);
    const path = join(await temporaryFolder('cosmos-size'), 'cosmos.safetensors');
    await writeSparse(
      path,
      [...shapes].map(([name, shape]) => [rename(name), shape] as const),
    );
    expect(await isCosmos(path)).toBe(true);
    expect((await openCosmos(path)).name).toBe(size.name);
  });

  it('with another depth is refused', async () => {
    record(false);
    const path = join(await temporaryFolder('cosmos-size'), 'cosmos.safetensors');
    await writeSparse(path, new Map([...shapes, ['transformer_blocks.99.more', [1]]]));
    const { lines } = await rejectionOf(openCosmos(path));
    expect(lines.have).toContain('100 blocks');
    expect(lines.do).toContain('pass { config }');
  });
});
