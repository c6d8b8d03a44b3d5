import { denoise, type Plan, type Plugin } from '@skipstone/core';
import { errorOf } from '@skipstone/core/testing';
import type { GalaxyCacheOptions } from '@skipstone/galaxy-cache';
import { alignedReuse, withReuse } from '../given-reuse.js';
import type { Bench, Outcome, Row } from '../row.js';
import { runRequest } from '../run-request.js';
import { demoSubject } from '../subjects.js';

type Form = Pick<GalaxyCacheOptions, 'storage' | 'space'>;

const FORMS: Readonly<Record<string, Form>> = {
  float32: {},
  bfloat16: { storage: { residual: 'bfloat16', proxy: 'bfloat16' } },
  int8: { storage: { residual: 'int8', proxy: 'int8' } },
  'output, float32': { space: 'output' },
  'output, int8': { space: 'output', storage: { residual: 'int8', proxy: 'int8' } },
};

/** What reuse keeps, in each form: whether the plan says it right, and what it costs in the result. */
export const memory: Row = {
  about: 'bytes that reuse adds over those planned, and the error of each form of storage',
  measure,
};

async function* measure(bench: Bench): AsyncGenerator<Outcome> {
  const subject = await demoSubject();
  const steps = bench.quick ? 6 : 40;
  const reused = (step: number): boolean => step >= steps / 5 && step % 2 === 1;
  bench.say(`demo, ${steps} steps, half of them reused after the first fifth`);
  const run = async (plugins: readonly Plugin[]) => {
    const request = runRequest(subject, { steps, plugins });
    const result = await denoise(plugins.length > 0 ? withReuse(request, reused) : request);
    return { ...result, held: heldBytes(request.plan) };
  };
  const plain = await run([]);
  const exact = await run(alignedReuse());
  for (const [name, form] of Object.entries(FORMS)) {
    const { heldBytes: live, held, latents } = await run(alignedReuse(form));
    const [added, planned] = [live - plain.heldBytes, held - plain.held];
    yield {
      what: `memory: ${name}, bytes added over those planned, off by`,
      unit: 'share',
      reach: { most: 0.02 },
      samples: [Math.abs(added / planned - 1)],
      note: `${added} bytes, ${planned} planned`,
    };
    yield {
      what: `memory: ${name}, latents off the same run in float32`,
      unit: 'share',
      samples: [errorOf(latents, exact.latents)],
      note: `max|a − b| / max|b|; off the run without reuse ${errorOf(latents, plain.latents).toPrecision(3)}`,
    };
  }
}

/** What a plan says is held from step to step. */
const heldBytes = ({ memory: lines }: Plan): number =>
  lines.reduce((sum, { kind, bytes }) => sum + (kind === 'held' ? bytes : 0), 0);
