import { describe, expect, it, test } from 'vitest';
import { cfg } from '../../guidance/cfg.js';
import { euler } from '../../sampler/euler.js';
import { eulerAncestral } from '../../sampler/euler-ancestral.js';
import { scheduleNamed } from '../../schedule/schedules.js';
import { rejectionOf } from '../../testing/fault.js';
import { runOn, type Subject, type SubjectRun, sameBytes } from '../../testing/subject.js';
import { toySubject } from '../../testing/toy/subject.js';
import { TOY_WIDTH } from '../../testing/toy/weights.js';
import type { DenoiseRequest } from '../denoise.js';
import { assertSameMarks } from './run-marks.js';
import type { SavedRun } from './saved-run.js';

const toy = await toySubject(1);
const clean = (from: number) => ({
  type: 'float32' as const,
  shape: [2, TOY_WIDTH],
  data: Float32Array.from({ length: 2 * TOY_WIDTH }, (_, i) => (i - from) / 4),
});
const pinned = (rows: readonly number[], from = 6): Subject => ({
  ...toy,
  given: { pinned: { video: { rows: Int32Array.from(rows), clean: clean(from) } } },
});

const STEPS = { steps: 3 };
async function saveOf(subject: Subject, run: SubjectRun = {}): Promise<SavedRun> {
  let saved: SavedRun | undefined;
  const afterStep = async (step: number, save: () => Promise<SavedRun>): Promise<void> => {
    if (step === 0) saved = await save();
  };
  await runOn(subject, { ...STEPS, ...run }, { afterStep });
  if (!saved) throw new Error('nothing was saved');
  return saved;
}

/** Its first value moved a little. */
function nudged<T extends Readonly<Record<string, { readonly data: { readonly length: number } }>>>(
  of: T,
): T {
  return Object.fromEntries(
    Object.entries(of).map(([name, tensor]) => {
      const data = Float32Array.from(tensor.data as unknown as Float32Array);
      data[0] = (data[0] ?? 0) + 1e-3;
      return [name, { ...tensor, data }];
    }),
  ) as unknown as T;
}

const resumed = (
  resume: SavedRun,
  { subject = toy, ...more }: SubjectRun & { readonly subject?: Subject } = {},
  request: Partial<DenoiseRequest> = {},
) => runOn(subject, { ...STEPS, ...more }, { resume, ...request });

describe('a saved run', async () => {
  const saved = await saveOf(toy);

  it('goes on under the same marks, which are a few words', async () => {
    const whole = await runOn(toy, STEPS);
    expect(sameBytes((await resumed(saved)).latents, whole.latents)).toBe(true);
    expect(JSON.stringify(saved.marks).length).toBeLessThan(600);
  });

  const shifted = scheduleNamed('euler-flow', { steps: 3, shift: 5 });
  test.each<[string, SubjectRun & { readonly subject?: Subject }]>([
    ['schedule', { schedule: shifted }],
    ['schedule', { schedule: { ...scheduleNamed('euler-flow', { steps: 3, shift: 3 }), endScale: 2 } }],
    ['sampler', { sampler: { ...euler(), name: 'another' } }],
    ['sampler', { sampler: eulerAncestral({ seed: 1 }) }],
    ['guidance', { guidance: cfg({ scale: 5 }) }],
    ['plugins', { plugins: [{ name: 'watches', contract: 1, setup: () => ({}) }] }],
    ['settings', { settings: { weights: 'mapped' } }],
    [
      'conditions',
      { subject: { ...toy, conditions: { ...toy.conditions, cond: nudged(toy.conditions.cond ?? {}) } } },
    ],
    ['given', { subject: pinned([0, 5]) }],
    ['noise', { subject: { ...toy, latents: nudged(toy.latents) } }],
  ])('is refused under another %s', async (name, more) => {
    const { lines } = await rejectionOf(resumed(saved, more));
    expect(lines.code).toBe('resume-other-run');
    expect(lines.have).toMatch(new RegExp(`^${name} [^;]+$`));
    expect(lines.need).toMatch(new RegExp(`^${name} [^;]+$`));
    expect(lines.have).not.toBe(lines.need);
  });

  it('is refused under weights of another fingerprint', async () => {
    const models = toy.models.map((model) => ({ ...model, weights: { ...model.weights, fingerprint: 'f' } }));
    const { lines } = await rejectionOf(resumed(saved, { subject: { ...toy, models } }));
    expect(lines.have).toMatch(/^weights \w{16}$/);
  });

  it('of some clean tokens is refused for other rows, other values, and for none', async () => {
    const begun = await saveOf(pinned([0, 5]));
    for (const subject of [pinned([0, 4]), pinned([0, 5], 7), toy]) {
      expect((await rejectionOf(resumed(begun, { subject }))).lines.have).toMatch(/^given \w{16}$/);
    }
    await resumed(begun, { subject: pinned([0, 5]) });
  });
});

test('says what differs, also where one side lacks it', () => {
  expect(() => assertSameMarks({ a: '1', b: '2' }, { b: '2', a: '1' })).not.toThrow();
  expect(() => assertSameMarks({ a: '1', b: '2' }, { a: '1', b: '3', c: '4' })).toThrow(
    /have {3}b 2; c none\n {2}need {3}b 3; c 4/,
  );
});
