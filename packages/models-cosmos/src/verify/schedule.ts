import { karrasLevels } from '@skipstone/core';
import { type Checked, compare, type Golden, parseFields, type Verifier } from '@skipstone/golden';
import { z } from 'zod';

const grid = z.strictObject({
  steps: z.int().min(1).max(1000),
  sigma_max: z.number().positive(),
  sigma_min: z.number().positive(),
  rho: z.number().positive(),
});

/** Karras' levels, the last one twice, `out.sigmas`. No model runs. */
export const scheduleVerifier: Verifier = {
  name: "Karras' grid (config.json with steps, sigma_max, sigma_min, rho)",
  kind: 'schedule',
  accepts: ({ config }) => grid.safeParse(config).success,
  verify: verifySchedule,
};

async function* verifySchedule(golden: Golden): AsyncGenerator<Checked> {
  parseFields(golden, z.strictObject({}));
  const { steps, sigma_max: most, sigma_min: least, rho } = grid.parse(golden.config);
  const levels = karrasLevels(steps, { most, least, rho });
  const data = [...levels, ...levels.slice(-1)];
  for (const name of golden.tensors.keys()) {
    yield compare(
      name,
      name === 'out.sigmas' ? { shape: [data.length], data } : undefined,
      await golden.reference(name),
    );
  }
}
