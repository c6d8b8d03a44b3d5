import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type HostTensor, openCheckpoint, openModel, unipc } from '@skipstone/core';
import {
  groupedReuse,
  middleSkip,
  modelLaws,
  pluginLaws,
  runOn,
  type Subject,
  sameBytes,
} from '@skipstone/core/testing';
import { recorded } from '@skipstone/golden';
import { describe, expect, it } from 'vitest';
import { wanConfig } from './config.js';
import { wanTransformer } from './transformer.js';

/** The golden run's weights, latents and text. */
async function wanSubject(): Promise<Subject> {
  const folder = fileURLToPath(new URL('../test-data/run-wan21-euler/', import.meta.url));
  const config = wanConfig(JSON.parse(await readFile(`${folder}config.json`, 'utf8')), folder);
  const read = (name: string): Promise<HostTensor> => recorded(folder, name);
  const spec = wanTransformer(config, 'wan golden');
  return {
    name: 'wan',
    models: [openModel(spec, await openCheckpoint(`${folder}model.safetensors`))],
    grid: { frames: 3, height: 8, width: 6 },
    lengths: { S: 9 },
    conditions: {
      cond: { text: await read('in.prompt_embeds') },
      uncond: { text: await read('in.negative_prompt_embeds') },
    },
    latents: { video: await read('in.latents') },
  };
}

const skips = Array.from({ length: 12 }, (_, i) => i > 2 && i % 3 !== 0);
const between = { from: 'blocks.0', to: 'blocks.1', skips };
const cut = () => middleSkip({ ...between, decided: 'inside' });
const gated = () => middleSkip({ ...between, decided: 'before' });
const groups = { video: Int32Array.from({ length: 36 }, (_, i) => i % 3) };
const grouped = { tap: 'blocks.0.cross_attn_out', groups, early: 4, late: 1 };
const reuse = Array.from({ length: 12 }, (_, i) => i % 2 === 1);

describe('Wan obeys the laws', async () => {
  const subject = await wanSubject();
  it.each(modelLaws(subject))('$name', (law) => law.check());

  it('a middle that is cut out and one that is gated off give the same bytes', async () => {
    const [a, b] = [
      await runOn(subject, { steps: 12, plugins: [cut()] }),
      await runOn(subject, { steps: 12, plugins: [gated()] }),
    ];
    expect(sameBytes(a.latents, b.latents)).toBe(true);
    expect(b.ledger.passes.filter((pass) => pass.closed.length > 0).length).toBe(2 * 6);
    expect(new Set(b.ledger.passes.flatMap((pass) => pass.spans)).has('plain/end')).toBe(true);
  });

  it('a gated pass is one session', async () => {
    const { ledger } = await runOn(subject, { steps: 4, plugins: [gated()] });
    expect(ledger.passes.at(-1)?.spans).toEqual(['plain/end']);
  });

  it.each([
    ...pluginLaws(subject, {
      name: 'grouped-reuse',
      on: () => groupedReuse({ ...grouped, reuse, strides: [1, 2, 4] }),
      off: () => groupedReuse({ ...grouped, reuse: [], strides: [1, 1, 1] }),
      warmup: 1,
      hit: (d) => d.key === 'reuse' && d.value === true,
      others: [cut, gated],
    }),
    ...pluginLaws(subject, {
      name: 'middle-skip',
      on: gated,
      off: () => middleSkip({ ...between, skips: [], decided: 'before' }),
      warmup: 3,
      hit: (d) => d.key === 'skip' && d.value === true,
      sampler: unipc,
    }),
  ])('$name', (law) => law.check());
});
