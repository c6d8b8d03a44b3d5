import { expect, it } from 'vitest';
import { checkFrames } from './check-frames.js';

const frame = new Uint8ClampedArray(2 * 3 * 4);
const good = { width: 2, height: 3, framesPerSecond: 8, rgba: [frame, frame] };

it('takes frames of one size', () => {
  expect(() => checkFrames(good)).not.toThrow();
});

it.each([
  ['no frames', { ...good, rgba: [] }, '0 frames'],
  ['a frame of another size', { ...good, rgba: [frame, frame.slice(4)] }, /frame 2 has.*20 bytes.*24 bytes/s],
  ['no width', { ...good, width: 0 }, '0 x 3 pixels'],
  ['half a row', { ...good, height: 1.5 }, '2 x 1.5 pixels'],
  ['a frame rate that is not a number', { ...good, framesPerSecond: Number.NaN }, 'NaN frames per second'],
  ['a frame rate of 0', { ...good, framesPerSecond: 0 }, '0 frames per second'],
])('does not take %s', (_, frames, message) => {
  expect(() => checkFrames(frames)).toThrow(message);
});
