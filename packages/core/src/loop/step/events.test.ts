import { describe, expect, it } from 'vitest';
import type { Plugin } from '../../spec/plugin.js';
import { run } from '../../testing/small/two-branches.js';
import { plugin, residual } from '../../testing/small/written-plugin.js';
import { type runOn, sameBytes } from '../../testing/subject.js';
import type { RunEvent } from './events.js';

describe('events', () => {
  const listen = async (plugins: readonly Plugin[], request: Parameters<typeof runOn>[2] = {}) => {
    const events: RunEvent[] = [];
    const result = await run(plugins, {}, { ...request, tell: (event) => events.push(event) });
    return { events, result };
  };

  it('come in the order in which things happen', async () => {
    const { events } = await listen([residual((step) => step > 0)], { previews: true });
    const line = (event: RunEvent): string => {
      switch (event.type) {
        case 'decision':
          return `decision ${event.step} ${event.branch} ${event.value}`;
        case 'branch':
          return `branch ${event.step} ${event.branch}`;
        case 'step':
          return `step ${event.done}/${event.steps}`;
        case 'preview':
          return `preview ${event.step}`;
        default:
          return event.type;
      }
    };
    const step = (i: number, hit: boolean) => [
      `decision ${i} cond ${hit}`,
      `branch ${i} cond`,
      `decision ${i} uncond ${hit}`,
      `branch ${i} uncond`,
      `step ${i + 1}/3`,
      `preview ${i}`,
    ];
    expect(events.map(line)).toEqual([
      'plan',
      'phase',
      ...step(0, false),
      ...step(1, true),
      ...step(2, true),
    ]);
  });

  it('of a step say how long it took and how long the rest will', async () => {
    const { events, result } = await listen([]);
    const steps = events.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect(steps.every(({ ms }) => ms > 0)).toBe(true);
    expect(steps.map(({ etaMs }) => etaMs > 0)).toEqual([true, true, false]);
    const spent = steps.reduce((sum, { ms }) => sum + ms, 0);
    expect(result.runs.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(spent, 6);
  });

  it('previews are the latents after each step, the last one the result', async () => {
    const { events, result } = await listen([], { previews: true });
    const previews = events.flatMap((event) => (event.type === 'preview' ? [event.latents] : []));
    expect(previews.length).toBe(3);
    expect(sameBytes(previews[2] ?? {}, result.latents)).toBe(true);
    expect(sameBytes(previews[1] ?? {}, result.latents)).toBe(false);
  });

  it('say what is expected to be skipped', async () => {
    const cheap = plugin('cheap', () => ({ expectedShare: (step) => (step === 0 ? 1 : 0.1) }));
    const { events } = await listen([cheap]);
    const [first] = events.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect((first?.etaMs ?? 0) / (first?.ms ?? 1)).toBeCloseTo(0.2, 6);
  });
});

it('what a plugin says before the run is part of the plan', async () => {
  const foretelling: Plugin = {
    ...plugin('foretelling', () => ({})),
    outlook: ({ from, to, rows }) => [`steps ${from} to ${to}, ${rows.video} tokens`],
  };
  let text = '';
  const tell = (event: RunEvent) => {
    if (event.type === 'plan') text = event.text;
  };
  await run([foretelling], {}, { tell });
  expect(text).toContain('foretelling: steps 0 to 3, 12 tokens');
});
