import { denoise, type KeyValueForm, type Plan, type Plugin } from '@skipstone/core';
import { errorOf } from '@skipstone/core/testing';
import type { GalaxyCacheOptions } from '@skipstone/galaxy-cache';
import { alignedReuse, withReuse } from '../given-reuse.js';
import type { Bench, Outcome } from '../row.js';
import { sum } from '../statistics.js';
import { demoSubject, modelOf, runRequest } from '../subjects.js';
import { readVelocities, type Velocities, velocityError } from '../velocities.js';
import { partial } from './tokens.js';

type Form = Pick<GalaxyCacheOptions, 'storage' | 'space'>;

const FORMS: Readonly<Record<string, Form>> = {
  float32: {},
  bfloat16: { storage: { residual: 'bfloat16', proxy: 'bfloat16' } },
  int8: { storage: { residual: 'int8', proxy: 'int8' } },
  'output, float32': { space: 'output' },
  'output, int8': { space: 'output', storage: { residual: 'int8', proxy: 'int8' } },
};

const KEY_VALUE_FORMS: readonly KeyValueForm[] = ['float32', 'float16', 'int8'];

/** What plugins keep, in each form: whether the plan says it right, and what it costs in the result. */
export async function* memory(bench: Bench): AsyncGenerator<Outcome> {
  const subject = await demoSubject();
  const steps = bench.quick ? 6 : 40;
  const reused = (step: number): boolean => step >= steps / 5 && step % 2 === 1;
  bench.say(`demo, ${steps} steps, half of them reused after the first fifth`);
  const run = async (plugins: readonly Plugin[], keysValues: KeyValueForm = 'float32') => {
    const velocities: Velocities = new Map();
    const looking = [readVelocities(velocities), ...plugins];
    const request = runRequest(subject, { steps, plugins: looking, settings: { keysValues } });
    const reuses = plugins.some(({ name }) => name === 'galaxy-cache');
    const result = await denoise(reuses ? withReuse(request, reused) : request);
    return { ...result, velocities, held: heldBytes(request.plan) };
  };
  type Run = Awaited<ReturnType<typeof run>>;
  const outcomes = (
    name: string,
    one: Run,
    exact: Run,
    other = 'the same run in float32',
  ): readonly Outcome[] => {
    const [added, planned] = [one.heldBytes - plain.heldBytes, one.held - plain.held];
    const { step, first, mean } = velocityError(one.velocities, exact.velocities);
    return [
      {
        what: `${name}, bytes added over those planned, off by`,
        unit: 'share',
        reach: { most: 0.02 },
        samples: [Math.abs(added / planned - 1)],
        note: `${added} bytes, ${planned} planned`,
      },
      {
        what: `${name}, velocity off ${other}`,
        unit: 'share',
        samples: [first],
        note: `max|a − b| / max|b|, ${step === undefined ? 'at all steps' : `at step ${step}, from the same state; mean from there on ${mean.toPrecision(3)}`}`,
      },
      {
        what: `${name}, latents off ${other}`,
        unit: 'share',
        samples: [errorOf(one.latents, exact.latents)],
        note: `max|a − b| / max|b|; off the plain run ${errorOf(one.latents, plain.latents).toPrecision(3)}`,
      },
    ];
  };
  const plain = await run([]);
  const exact = await run(alignedReuse());
  for (const [name, form] of Object.entries(FORMS)) {
    yield* outcomes(`reuse, ${name}`, await run(alignedReuse(form)), exact);
  }
  const count = modelOf(subject).spec.rows(subject.grid).video ?? 0;
  const shareAt = (step: number): number => (step >= steps / 5 && step % 2 === 1 ? 0.5 : 1);
  const [half, led] = [partial(shareAt, count), partial(shareAt, count, 'leader')];
  bench.say(`demo, ${steps} steps, half of the tokens at every other step`);
  const whole = await run([half]);
  for (const form of KEY_VALUE_FORMS) {
    yield* outcomes(`keys and values, ${form}`, await run([half], form), whole);
  }
  yield* outcomes('keys and values of the leader', await run([led]), whole, 'both branches in float32');
}

/** What a plan says is held from step to step, but for copies of weights, which the runtime holds. */
const heldBytes = ({ memory: lines }: Plan): number =>
  sum(lines.map(({ what, kind, bytes }) => (kind === 'held' && !what.startsWith('weights') ? bytes : 0)));
