import { fileURLToPath } from 'node:url';
import { checkGolden, missed } from '@skipstone/golden';
import { expect, it } from 'vitest';
import { verifiers } from './index.js';

const real = (name: string): string => fileURLToPath(new URL(`../../test-data/${name}`, import.meta.url));

it.each(['vae-ltx2-0', 'vae-ltx2-3'])('%s decodes and encodes as the reference does', async (name) => {
  const checked = await checkGolden(real(name), verifiers);
  expect(checked.map((one) => one.name)).toEqual(['out.video', 'out.latents_mode']);
  expect(missed(checked)).toEqual([]);
});
