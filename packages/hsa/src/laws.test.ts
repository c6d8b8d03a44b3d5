import { euler, type Sampler, unipc } from '@skipstone/core';
import { pluginLaws, toySubject } from '@skipstone/core/testing';
import { describe, it } from 'vitest';
import { hsa } from './hsa.js';
import type { HsaOptions } from './options.js';
import { LAZY, ONE_STREAM, others, THREE } from './test-kit/cases.js';

describe('the laws of plugins, on two streams, four branches and two phases', {
  timeout: 60_000,
}, async () => {
  const subject = await toySubject();
  const underLaw = (name: string, options: HsaOptions, sampler: () => Sampler, beside = others) =>
    pluginLaws(subject, {
      name,
      on: () => hsa(options),
      off: () => hsa({ ...options, strides: options.strides?.map(() => 1) ?? [] }),
      warmup: 1,
      hit: ({ key, value }) => key === 'due' && Array.isArray(value) && value.includes(false),
      others: beside,
      sampler,
    });
  it.each([
    ...underLaw('scored, Euler', THREE, euler),
    ...underLaw('scored, UniPC', THREE, unipc),
    ...underLaw('one stream of two, Euler', ONE_STREAM, euler, []),
    ...underLaw('one stream of two, UniPC', ONE_STREAM, unipc, []),
    ...underLaw('given, Euler', LAZY, euler),
    ...underLaw('given, UniPC', LAZY, unipc),
    ...underLaw('leader only', { ...THREE, sync: 'leader' }, euler, others.slice(1)),
    ...underLaw('leader only, UniPC', { ...THREE, sync: 'leader' }, unipc, others.slice(1)),
    // It keeps nothing of a branch that could be stale when it returns.
    ...underLaw('no sync', { ...LAZY, sync: 'none' }, euler, others.slice(1)).filter(
      (law) => !law.name.includes('left out'),
    ),
    ...underLaw('ranked anew, none idle for long', { ...THREE, rerank: 4, maxIdle: 2 }, euler),
  ])('$name', (law) => law.check());
});
