import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { findTensor } from '../checkpoint/find.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { readNumbers } from '../checkpoint/read.js';
import { faultOf } from '../testing/fault.js';
import { eulerFlow } from './euler-flow.js';
import { type ScheduleName, scheduleNamed, schedules } from './schedules.js';

const golden = (name: string): Promise<Checkpoint> =>
  openCheckpoint(fileURLToPath(new URL(`../../test-data/${name}.safetensors`, import.meta.url)));

const SHIFTS = [1, 3, 5, 8, 12];
const STEPS = [4, 20, 40, 50];
const TABLES = SHIFTS.flatMap((shift) => STEPS.map((steps) => ({ shift, steps })));

describe('tables of the reference', () => {
  let tables: Checkpoint;
  const numbers = async (name: string) => readNumbers(findTensor(tables, name));

  beforeAll(async () => {
    tables = await golden('schedule-wan/io');
  });

  test.each(TABLES)(
    'UniPC flow, shift $shift, $steps steps: every value, as stored in float32',
    async (table) => {
      const { sigmas, timesteps } = schedules['unipc-flow'](table);
      const name = `out.unipc.shift${table.shift}.n${table.steps}`;
      expect(sigmas.map(Math.fround)).toEqual(await numbers(`${name}.sigmas`));
      expect(timesteps).toEqual(await numbers(`${name}.timesteps`));
    },
  );

  test.each(TABLES)(
    'Euler flow, shift $shift, $steps steps: within the float32 steps of the reference',
    async (table) => {
      const { sigmas } = eulerFlow(table);
      const expected = await numbers(`out.euler.shift${table.shift}.n${table.steps}.sigmas`);
      expect(sigmas).toHaveLength(expected.length);
      expect(Math.max(...sigmas.map((sigma, i) => Math.abs(sigma - (expected[i] ?? 1))))).toBeLessThan(
        1.2e-7,
      );
    },
  );

  test.each(TABLES)(
    'Euler flow, shift $shift, $steps steps: every value, when rounded at each operation',
    async (table) => {
      const { shift, steps } = table;
      const f = Math.fround;
      const rounded = eulerFlow({ steps }).sigmas.map((s) =>
        f(f(shift * f(s)) / f(1 + f((shift - 1) * f(s)))),
      );
      expect(rounded).toEqual(await numbers(`out.euler.shift${shift}.n${steps}.sigmas`));
    },
  );
});

test('Euler flow is the float64 grid of the method goldens', async () => {
  const expected = await readNumbers(findTensor(await golden('schedule-euler-flow'), 'method-hsa.sigmas'));
  const { sigmas } = eulerFlow({ steps: 20, shift: 3 });
  expect(sigmas).toHaveLength(expected.length);
  expect(Math.max(...sigmas.map((sigma, i) => Math.abs(sigma - (expected[i] ?? 1))))).toBeLessThan(1e-15);
});

test('Euler thousand is the grid of its golden run', async () => {
  const run = await golden('run-wan21-euler');
  const { sigmas, timesteps } = schedules['euler-thousand']({ steps: 6 });
  expect(sigmas.map(Math.fround)).toEqual(await readNumbers(findTensor(run, 'schedule.sigmas')));
  expect(timesteps).toEqual(await readNumbers(findTensor(run, 'schedule.timesteps')));
});

test('UniPC flow is the grid of its golden run', async () => {
  const run = await golden('run-wan21-unipc');
  const { sigmas, timesteps } = schedules['unipc-flow']({ steps: 8, shift: 3 });
  expect(sigmas.map(Math.fround)).toEqual(await readNumbers(findTensor(run, 'schedule.sigmas')));
  expect(timesteps).toEqual(await readNumbers(findTensor(run, 'schedule.timesteps')));
});

test('UniPC flow, 50 steps, shift 3, begins and ends as the reference is known to', () => {
  const { timesteps } = schedules['unipc-flow']({ steps: 50, shift: 3 });
  expect([...timesteps.slice(0, 3), ...timesteps.slice(-2)]).toEqual([999, 993, 986, 113, 60]);
});

test("Euler thousand keeps the reference's double shift", () => {
  const { sigmas } = schedules['euler-thousand']({ steps: 4, shift: 5 });
  expect(sigmas.map((sigma) => Number(sigma.toFixed(4)))).toEqual([1, 0.9097, 0.7173, 0.0244, 0]);
});

const NAMES = Object.keys(schedules) as ScheduleName[];

/** Grids of flow matching, which a shift bends. */
const FLOW = NAMES.filter((name) => name !== 'karras');

test.each(FLOW)('%s falls strictly, starts at 1 or below and ends in zero', (name) => {
  for (const steps of [1, 2, 3, 50, 1000]) {
    for (const shift of [0.5, 1, 3, 16]) {
      const schedule = schedules[name]({ steps, shift });
      expect(schedule.name).toBe(name);
      expect(schedule.timesteps).toHaveLength(steps);
      expect(schedule.sigmas).toHaveLength(steps + 1);
      expect(schedule.sigmas.every((sigma, i, all) => i === 0 || sigma < (all[i - 1] ?? 0))).toBe(true);
      const start = name === 'dpmpp-flow' ? 0.999 * Math.min(shift, 1) : 1;
      expect(schedule.sigmas[0]).toBeGreaterThan(start - 2e-6);
      expect(schedule.sigmas[0]).toBeLessThanOrEqual(1);
      expect(schedule.sigmas.at(-1)).toBe(0);
    }
  }
});

test.each(FLOW)('%s leaves the grid unshifted unless told', (name) => {
  expect(schedules[name]({ steps: 7 })).toEqual(schedules[name]({ steps: 7, shift: 1 }));
  expect(scheduleNamed(name, { steps: 7, shift: 2 })).toEqual(schedules[name]({ steps: 7, shift: 2 }));
});

test.each(NAMES)('%s refuses steps and shifts out of range', (name) => {
  for (const steps of [0, -1, 1.5, 1001, Number.NaN]) {
    const { code, lines } = faultOf(() => schedules[name]({ steps }));
    expect(code).toBe('schedule-option');
    expect(lines.what).toBe(`${name}: the number of steps is out of range`);
    expect(lines.have).toBe(String(steps));
  }
  for (const shift of [0, -3, Number.NaN, Number.POSITIVE_INFINITY]) {
    const { lines } = faultOf(() => schedules[name]({ steps: 4, shift }));
    expect(lines.what).toBe(`${name}: the shift is out of range`);
    expect(lines.need).toBe('a finite number above 0');
  }
});

test('refuses unknown options and names, and says the nearest', () => {
  const misspelt = { steps: 4, shfit: 3 };
  const option = faultOf(() => schedules['unipc-flow'](misspelt));
  expect(option.code).toBe('unknown-option');
  expect(option.lines.do).toBe("did you mean 'shift'?");
  const name = faultOf(() => scheduleNamed('unipc', { steps: 4 }));
  expect(name.code).toBe('unknown-schedule');
  expect(name.lines.do).toBe("did you mean 'unipc-flow'?");
  expect(faultOf(() => scheduleNamed('toString', { steps: 4 })).code).toBe('unknown-schedule');
});
