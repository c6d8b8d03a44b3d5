import { expect, it } from 'vitest';
import { middleSkip } from '../plugins/middle-skip.js';
import { runOn, sameBytes } from '../subject.js';
import { wanLikeSubject } from './wan-like.js';

const skips = [false, true, true, false, true, false];
it.each([
  ['embed', 'blocks.0'],
  ['embed', 'blocks.1'],
  ['blocks.0', 'blocks.1'],
  ['embed', 'trunk'],
])('gate %s %s', async (from, to) => {
  const subject = await wanLikeSubject(3);
  const [a, b] = [
    await runOn(subject, { plugins: [middleSkip({ from, to, skips, decided: 'before' })] }),
    await runOn(subject, { plugins: [middleSkip({ from, to, skips, decided: 'inside' })] }),
  ];
  const plain = await runOn(subject);
  expect(sameBytes(a.latents, b.latents)).toBe(true);
  expect(sameBytes(a.latents, plain.latents)).toBe(false);
  console.log(a.ledger.passes.at(-2), b.ledger.passes.at(-2), a.leaked, b.leaked);
});
