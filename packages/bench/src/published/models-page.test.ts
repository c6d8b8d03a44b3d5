import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COSMOS_PRESETS } from '@skipstone/models-cosmos';
import { LTX_PRESETS } from '@skipstone/models-ltx';
import { WAN_PRESETS } from '@skipstone/models-wan';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIGURES, PARAMETERS } from '../test-kit/figures.js';
import { widthsOfTokens } from '../test-kit/measured-pass.js';
import {
  type Cost,
  costsOf,
  modelsPage,
  parametersOf,
  type SizedModel,
  sizedModels,
  specOf,
} from '../test-kit/models-page.js';
import { writtenPass } from './claimed-shapes.js';
import { PUBLISHED, type PublishedModel } from './published-models.js';

const PRESETS = { ...WAN_PRESETS, ...COSMOS_PRESETS, ...LTX_PRESETS };

/** What a number may be off by, and half of the last place that it was noted with. */
const near = (value: number, noted: number): void => {
  const places = String(noted).split('.')[1]?.length ?? 0;
  expect(Math.abs(value - noted)).toBeLessThanOrEqual(0.005 * noted + 0.5 * 10 ** -places);
};

let folder = '';
let models: readonly SizedModel[] = [];
let costs: readonly Cost[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-published-'));
  models = await sizedModels(folder);
  costs = costsOf(models);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(PUBLISHED.map((published, index) => [published.name, published, index] as const))(
  '%s',
  (name, { spec, config }, index) => {
    const opened = () => (models[index] as SizedModel).model;

    it('is known by its header, and has the parameters it is published with', () => {
      expect(opened().name).toBe(name);
      expect(opened().presets).toBe(PRESETS[name]);
      const { all, block } = parametersOf(spec(config));
      expect(all).toBe(PARAMETERS[name]?.all);
      if (PARAMETERS[name]?.block !== undefined) near(block / 1e6, PARAMETERS[name].block);
    });

    it('has no value of six or more widths for every token, in any variant', () => {
      for (const one of [specOf(opened()), spec(config)]) {
        for (const variant of ['plain', ...one.variants]) {
          for (const rows of [false, true]) {
            const { recorder } = writtenPass(one, { variant, rows }).pass;
            const shapes = [...recorder.values.values()].map(({ value }) => value.shape);
            const widths = widthsOfTokens(one, shapes);
            expect([...widths.keys()]).toContain(1);
            expect([...widths].filter(([times]) => times >= 6)).toEqual([]);
          }
        }
      }
    });
  },
);

it('finds what is six widths for every token, however its axes are split', () => {
  const { spec, config } = PUBLISHED[0] as PublishedModel;
  const one = spec(config);
  const shapes = [
    ['A.video', 6 * 1536],
    [{ axis: 'N.video', times: 12 }, 9 * 128],
    ['S', 6 * 1536],
  ];
  expect([...widthsOfTokens(one, shapes).keys()]).toEqual([6, 9]);
});

it.each(FIGURES.map((figure, index) => [figure, index] as const))(
  '$model at $width×$height, $frames frames: costs what was computed independently',
  (figure, index) => {
    const { pass } = costs[index] as Cost;
    expect(pass.rows.video).toBe(figure.tokens);
    near(pass.work / 1e12, figure.tera);
    const { selfAttention, keysValues, textKeysValues } = figure;
    if (selfAttention !== undefined) near((100 * pass.selfAttention) / pass.work, selfAttention);
    near(pass.keysValues / 2 ** 19, keysValues);
    near(pass.textKeysValues / 2 ** 19, textKeysValues);
  },
);

it('says in docs/models.md what the adapters say', async () => {
  await expect(modelsPage(models, costs)).toMatchFileSnapshot('../../../../docs/models.md');
}, 120_000);
