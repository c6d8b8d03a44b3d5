import type { Frames } from '@skipstone/core';
import { describe, expect, test } from 'vitest';
import { parsePrompt } from '../grammar.js';
import { checkVideo } from './check-video.js';
import { type Drawing, drawVideo, type PlacedFigure } from './draw-video.js';
import { PARTS, type Part } from './judge.js';

const PROMPT = 'a red circle moves right slowly near a blue ring over a checkered brown backdrop';
const { moving, resting, pattern, backdrop } = parsePrompt(PROMPT);
const mover: PlacedFigure = { ...moving, radius: 0.15, from: [0.3, 0.3], to: [0.6, 0.3] };
const rester: PlacedFigure = { ...resting, radius: 0.12, from: [0.4, 0.75], to: [0.4, 0.75] };
const drawing: Drawing = { pattern, backdrop, figures: [rester, mover] };

const wrongIn = (video: Frames, prompt = PROMPT): readonly Part[] => {
  const verdict = checkVideo(video, prompt);
  return PARTS.filter((part) => !verdict[part].right);
};

test('a scene as the prompt says has nothing wrong', () => {
  expect(wrongIn(drawVideo(drawing, 9))).toEqual([]);
  expect(wrongIn(drawVideo(drawing, 2))).toEqual([]);
});

test('the resting shape may be hidden while the other passes over it', () => {
  const passing: PlacedFigure = { ...mover, radius: 0.13, from: [0.2, 0.7], to: [0.5, 0.7] };
  const hidden: PlacedFigure = { ...rester, radius: 0.1, from: [0.52, 0.7], to: [0.52, 0.7] };
  expect(wrongIn(drawVideo({ ...drawing, figures: [hidden, passing] }, 9))).toEqual([]);
});

describe('names what is wrong', () => {
  const gone: readonly Part[] = ['two figures'];
  test.each<[string, Partial<Drawing>, readonly Part[]]>([
    ['another backdrop', { backdrop: 'navy' }, ['backdrop']],
    ['another pattern', { pattern: 'striped' }, ['pattern']],
    ['no pattern', { pattern: 'plain' }, ['pattern']],
    ['a moving shape of another colour', figures({ colour: 'green' }, {}), ['moving colour']],
    ['a moving square', figures({ shape: 'square' }, {}), ['moving shape']],
    ['a moving ring', figures({ shape: 'ring' }, {}), ['moving shape']],
    ['a moving triangle', figures({ shape: 'triangle' }, {}), ['moving shape']],
    ['a moving shape grown together of two', { figures: [rester, mover, beside(mover)] }, ['moving shape']],
    ['motion to the left', figures({ from: [0.6, 0.3], to: [0.3, 0.3] }, {}), ['motion']],
    ['motion down', figures({ from: [0.6, 0.2], to: [0.6, 0.5] }, {}), ['motion']],
    ['motion aslant', figures({ to: [0.6, 0.55] }, {}), ['motion']],
    ['quick motion', figures({ from: [0.2, 0.3], to: [0.8, 0.3] }, {}), ['motion']],
    ['no motion', figures({ to: [0.3, 0.3] }, {}), ['motion']],
    ['a resting shape of another colour', figures({}, { colour: 'white' }), ['resting colour']],
    ['a resting circle', figures({}, { shape: 'circle' }), ['resting shape']],
    ['a resting square', figures({}, { shape: 'square' }), ['resting shape']],
    ['a resting triangle', figures({}, { shape: 'triangle' }), ['resting shape']],
    ['a resting shape that drifts', figures({}, { to: [0.6, 0.75] }), ['resting place']],
    [
      'a resting shape over the edge',
      figures({}, { from: [0.06, 0.75], to: [0.06, 0.75] }),
      ['resting place'],
    ],
    ['places swapped', figures({ to: [0.3, 0.3] }, { to: [0.7, 0.75] }), ['resting place', 'motion']],
    [
      'colours swapped',
      figures({ colour: 'blue' }, { colour: 'red' }),
      ['resting shape', 'resting place', 'moving shape', 'motion'],
    ],
    ['a third shape of another colour', { figures: [rester, mover, third('cyan')] }, gone],
    ['a third shape of the moving colour', { figures: [rester, mover, third('red')] }, gone],
    ['a third shape of the resting colour', { figures: [rester, mover, third('blue')] }, gone],
    ['no moving shape', { figures: [rester] }, ['two figures', 'moving colour', 'moving shape', 'motion']],
    [
      'no resting shape',
      { figures: [mover] },
      ['two figures', 'resting colour', 'resting shape', 'resting place'],
    ],
  ])('%s', (_, change, wrong) => {
    expect(wrongIn(drawVideo({ ...drawing, ...change }, 9))).toEqual(wrong);
  });

  test('a pattern of its own', () => {
    const [plain, light] = [drawVideo({ ...drawing, pattern: 'plain' }, 9), [117, 91, 71]];
    // Whole latent pixels, lighter or not, as the bits of a product fall.
    const spots = Array.from({ length: 256 }, (_, i) => i).filter((i) => (i * i * 7 + i * 3) & 8);
    const rgba = plain.rgba.map((frame) =>
      spots.reduce((all, i) => painted(all, [4 * (i % 16), 4 * Math.floor(i / 16)], 4, light), frame),
    );
    expect(checkVideo({ ...plain, rgba }, PROMPT).pattern).toEqual({ right: false, saw: 'none' });
  });

  test('something of no known colour', () => {
    const video = drawVideo(drawing, 9);
    const rgba = video.rgba.map((frame) => painted(frame, [50, 10], 8, [0, 100, 0]));
    expect(wrongIn({ ...video, rgba })).toEqual(['two figures']);
  });

  test('a moving shape that is gone for half of the time', () => {
    const [video, { rgba: bare }] = [drawVideo(drawing, 9), drawVideo({ ...drawing, figures: [rester] }, 9)];
    const rgba = video.rgba.map((frame, t) => (t > 4 ? (bare[t] ?? frame) : frame));
    expect(wrongIn({ ...video, rgba })).toEqual(['motion']);
  });

  test('a resting shape that is gone for a third of the time', () => {
    const [video, { rgba: bare }] = [drawVideo(drawing, 9), drawVideo({ ...drawing, figures: [mover] }, 9)];
    const rgba = video.rgba.map((frame, t) => (t > 5 ? (bare[t] ?? frame) : frame));
    expect(wrongIn({ ...video, rgba })).toEqual(['resting place']);
  });

  test('a moving shape that jumps to and fro', () => {
    const video = drawVideo(drawing, 9);
    const rgba = [0, 3, 1, 5, 2, 7, 4, 8, 6].map((t) => video.rgba[t] ?? new Uint8ClampedArray());
    expect(wrongIn({ ...video, rgba })).toEqual(['motion']);
  });

  test('a picture without a backdrop, in every part', () => {
    const noise = Array.from({ length: 9 }, () =>
      Uint8ClampedArray.from({ length: 64 * 64 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7919) % 256)),
    );
    expect(wrongIn({ ...drawVideo(drawing, 9), rgba: noise })).toEqual(PARTS);
  });
});

test('which tone of a pattern comes first is not said', () => {
  const video = drawVideo({ ...drawing, figures: [] }, 9);
  const shifted = video.rgba.map((frame) =>
    frame.map((_, i) => frame[256 * Math.floor(i / 256) + ((i + 4 * 8) % 256)] ?? 0),
  );
  expect(checkVideo({ ...video, rgba: shifted }, PROMPT).pattern).toEqual({ right: true, saw: 'checkered' });
});

test.each([
  [{ width: 32 }, '9 frames of 32x64'],
  [{ rgba: [new Uint8ClampedArray(64 * 64 * 4)] }, '1 frames of 64x64'],
])('refuses what is no video of the model: %#', (change, have) => {
  const video = { ...drawVideo(drawing, 9), ...change };
  expect(() => checkVideo(video, PROMPT)).toThrow(
    expect.objectContaining({ code: 'check-size', lines: expect.objectContaining({ have }) }),
  );
});

function figures(moves: Partial<PlacedFigure>, rests: Partial<PlacedFigure>): Partial<Drawing> {
  return {
    figures: [
      { ...rester, ...rests },
      { ...mover, ...moves },
    ],
  };
}

function beside(figure: PlacedFigure): PlacedFigure {
  const moved = ([x, y]: PlacedFigure['from']): PlacedFigure['from'] => [x, y + 0.22];
  return { ...figure, from: moved(figure.from), to: moved(figure.to) };
}

function third(colour: PlacedFigure['colour']): PlacedFigure {
  return { colour, shape: 'square', radius: 0.1, from: [0.85, 0.8], to: [0.85, 0.8] };
}

function painted(
  frame: Uint8ClampedArray,
  [left, top]: readonly [number, number],
  size: number,
  rgb: readonly number[],
): Uint8ClampedArray {
  const picture = frame.slice();
  for (let n = 0; n < size * size; n++) {
    const [x, y] = [left + (n % size), top + Math.floor(n / size)];
    picture.set(rgb, 4 * (64 * y + x));
  }
  return picture;
}
