import { denoise } from '@skipstone/core';
import { sameBytes, toySubject } from '@skipstone/core/testing';
import { expect, it } from 'vitest';

import { steppedRun } from './stepped-run.js';
import { runRequest } from './subjects.js';

it('gives the bytes of a run that nobody held', async () => {
  const subject = await toySubject();
  const held = steppedRun(runRequest(subject, { steps: 4 }));
  const { wallMs, runtimeMs } = await held.next();
  await held.next();
  const [got, want] = [await held.finish(), await denoise(runRequest(subject, { steps: 4 }))];
  expect(sameBytes(got.latents, want.latents)).toBe(true);
  expect(wallMs).toBeGreaterThan(runtimeMs);
  expect(runtimeMs).toBeGreaterThan(0);
});

it('says so when there are no more steps', async () => {
  const run = steppedRun(runRequest(await toySubject(), { steps: 2 }));
  await run.next();
  await run.next();
  await expect(run.next()).rejects.toThrow('no more steps');
});

it('ends a run that was not finished', async () => {
  const run = steppedRun(runRequest(await toySubject(), { steps: 4 }));
  await run.next();
  await expect(run.abort()).resolves.toBeUndefined();
});

it('says why a run failed', async () => {
  const run = steppedRun({ ...runRequest(await toySubject(), { steps: 2 }), conditions: {} });
  await expect(run.next()).rejects.toThrow('condition');
});
