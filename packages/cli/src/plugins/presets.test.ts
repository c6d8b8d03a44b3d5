import type { MethodPresets } from '@skipstone/core';
import { planOn } from '@skipstone/core/testing';
import { demoModel } from '@skipstone/demo-model';
import { galaxyCache } from '@skipstone/galaxy-cache';
import { readPolicy } from '@skipstone/galaxy-cache/calibration';
import { COSMOS_PRESETS, COSMOS_SIZES } from '@skipstone/models-cosmos';
import { LTX_PRESETS, LTX_SIZES } from '@skipstone/models-ltx';
import { WAN_PRESETS, WAN_SIZES } from '@skipstone/models-wan';
import { describe, expect, it, test } from 'vitest';
import { GOLDEN_SUBJECTS } from '../test-kit/matrix/golden-subjects.js';

type Presets = Readonly<Record<string, MethodPresets>>;

describe.each<[string, Presets, readonly { readonly name: string }[], string]>([
  ['Wan', WAN_PRESETS, WAN_SIZES, 'Wan2.1 T2V'],
  ['Cosmos', COSMOS_PRESETS, COSMOS_SIZES, 'Cosmos-Predict2 V2W, first frame given'],
  ['LTX', LTX_PRESETS, LTX_SIZES, 'LTX-2.3'],
])('presets of %s', (_, presets, sizes, like) => {
  it('are there for every size', () => {
    expect(Object.keys(presets)).toEqual(sizes.map(({ name }) => name));
  });

  it('have a publication where they have a value, and say so where they have none', () => {
    for (const methods of Object.values(presets)) {
      for (const preset of Object.values(methods).flatMap((options) => Object.values(options))) {
        const { value, source, measured } = preset;
        expect(source).toMatch(value === undefined ? /^not published/ : /arXiv:\d{4}\.\d{5}v\d/);
        expect(measured === undefined).toBe(value === undefined);
      }
    }
  });

  it('name taps that the model has', async () => {
    const subject = await GOLDEN_SUBJECTS[like]?.();
    if (!subject) throw new Error(`no ${like}`);
    for (const methods of Object.values(presets)) {
      const tap = methods['galaxy-cache']?.tap?.value;
      if (tap === undefined) continue;
      const plan = planOn(subject, { plugins: [galaxyCache({ tap: String(tap), threshold: 0.1 })] });
      const cut = plan.phases[0]?.passes.get('plain')?.stations.has(`blocks.0.${tap}`);
      expect(cut, String(tap)).toBe(true);
    }
  });
});

test("the demo model's proxy is that of its policy at its own steps", async () => {
  const { presets, policies, defaults } = await demoModel();
  const policy = await readPolicy(policies?.['galaxy-cache'] ?? '');
  const own = policy.entries.find(({ settings }) => settings.steps === defaults.steps);
  expect(presets?.['galaxy-cache']?.tap?.value).toBe(own?.tap);
});

test('thresholds were published for no model, and the command that makes them is named', () => {
  const all = Object.values({ ...WAN_PRESETS, ...COSMOS_PRESETS, ...LTX_PRESETS });
  for (const methods of all) {
    const threshold = methods['galaxy-cache']?.threshold;
    expect(threshold?.value).toBe(undefined);
    expect(threshold?.make).toMatch(/skipstone trace .*skipstone calibrate/);
  }
});
