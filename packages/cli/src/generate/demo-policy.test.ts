import { demoModel, demoPolicies } from '@skipstone/demo-model';
import { fromPolicy, readPolicy, runSettings, sigmasOf } from '@skipstone/galaxy-cache/calibration';
import { expect, test } from 'vitest';

test.each([24, 40])(
  'the demo model comes with a policy of these very weights, for %i steps',
  async (steps) => {
    const model = await demoModel();
    const policy = await readPolicy(demoPolicies['galaxy-cache']);
    const settings = runSettings(model, { steps });
    const run = { settings, sigmas: sigmasOf(model, settings) };
    for (const speedup of [1.5, 2, 3]) {
      const { options, notes } = fromPolicy(policy, run, { speedup });
      expect(options.threshold).toBeGreaterThan(0);
      expect(notes).toEqual([]);
    }
  },
);

test('its prompts for choosing and for reporting are different ones', async () => {
  for (const { choosing, reporting } of (await readPolicy(demoPolicies['galaxy-cache'])).entries) {
    expect(choosing.prompts.filter((prompt) => reporting.prompts.includes(prompt))).toEqual([]);
  }
});
