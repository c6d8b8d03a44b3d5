import { faultOf } from '@skipstone/core/testing';
import { expect, test } from 'vitest';
import type { Golden } from './golden.js';
import { goldenSchedule } from './golden-schedule.js';

const FLOAT = 'float, 1000 sigma[i]';
const WHOLE = 'integer, truncated 1000 sigma[i]';
const FLOW = 'linspace(1, 1/steps, steps), flow-shifted, then 0';
const THOUSAND = 'sigma = linspace(1000, 1, steps) / 1000, then 0. float64, stored as float32';
const golden = { folder: 'here' } as Golden;
const euler = { solver: 'euler', timesteps: FLOAT, steps: 4, shift: 3, grid: FLOW };
const unipc = {
  solver: 'unipc',
  timesteps: WHOLE,
  steps: 4,
  shift: 3,
  grid: 'UniPC flow grid (schedule-wan)',
};

test.each([
  ['euler-flow', euler, false],
  ['euler-thousand', { ...euler, grid: THOUSAND, shift: 1 }, false],
  ['unipc-flow', unipc, true],
])('%s is told by its words', (name, fields, wholeTimesteps) => {
  const found = goldenSchedule(golden, fields);
  expect([found.schedule.name, found.wholeTimesteps]).toEqual([name, wholeTimesteps]);
  expect(found.schedule.sigmas).toHaveLength(5);
});

test.each([
  ['another wording', { ...euler, grid: `${FLOW}.` }],
  ['a grid of the other solver', { ...euler, grid: unipc.grid }],
  ['other timesteps', { ...euler, timesteps: WHOLE }],
  ['another solver', { ...euler, solver: 'heun' }],
  ['a shift that the words do not cover', { ...euler, grid: THOUSAND }],
])('%s is refused, and what is known is listed', (_, fields) => {
  const { solver, grid, timesteps, shift } = fields;
  const { lines } = faultOf(() => goldenSchedule(golden, fields));
  expect(lines).toMatchObject({
    code: 'golden-grid',
    what: 'here: its grid of noise levels is not known',
    have: `${solver}, '${grid}', timesteps '${timesteps}', shift ${shift}`,
    do: 'correct the words in case.json, or verify it with the package that knows this grid',
  });
  for (const known of ['unipc-flow: unipc', 'euler-flow: euler', 'euler-thousand: euler', 'shift 1']) {
    expect(lines.need).toContain(known);
  }
});
