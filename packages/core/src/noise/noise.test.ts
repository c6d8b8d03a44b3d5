import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { memoryFiles } from '../checkpoint/memory-files.js';
import { writeSafetensors } from '../checkpoint/write.js';
import { faultOf, rejectionOf } from '../testing/fault.js';
import { gaussianNoise } from './gaussian-noise.js';
import { noiseFromFile } from './noise-from-file.js';
import { naturalLog, normalQuantile } from './normal-quantile.js';

const COUNT = 1_000_000;
const sample = gaussianNoise({ seed: 7, shape: [COUNT] });

/** z(p) by mpmath with 40 digits: sqrt(2)·erfinv(2p − 1). */
test.each([
  [0.5, 0.0],
  [0.6, 0.2533471031357997],
  [0.75, 0.6744897501960817],
  [0.925, 1.4395314709384561],
  [0.9250000001, 1.4395314716448935],
  [0.975, 1.9599639845400538],
  [0.999, 3.090232306167813],
  [0.075, -1.439531470938456],
  [0.0749, -1.4402382675279637],
  [0.3, -0.5244005127080408],
  [0.02, -2.053748910631823],
  [0.001, -3.0902323061678136],
  [0.0001, -3.7190164854556804],
  [1e-6, -4.753424308822899],
  [1e-8, -5.612001244174789],
  [2 ** -33, -6.3379577545537895],
])('the quantile of %d is %d', (p, z) => {
  expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(z)));
  // 1 − p itself is rounded, by up to 1.1e-16: a lot out in the tail, where the density is small.
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  expect(Math.abs(normalQuantile(1 - p) + z)).toBeLessThanOrEqual(2e-15 + 1.2e-16 / density);
});

test('the logarithm agrees with the language within two units of its last place', () => {
  for (let i = 1; i < 20000; i++) {
    const x = (i / 20000) ** 4;
    expect(Math.abs(naturalLog(x) - Math.log(x))).toBeLessThanOrEqual(
      4.5e-16 * Math.max(Math.abs(Math.log(x)), 1e-4),
    );
  }
});

test('uses no function that engines may round differently', async () => {
  for (const name of ['philox', 'normal-quantile', 'gaussian-noise']) {
    const source = await readFile(fileURLToPath(new URL(`./${name}.ts`, import.meta.url)), 'utf8');
    const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    const used = new Set(Array.from(code.matchAll(/Math\.\w+/g), ([call]) => call));
    const exact = ['Math.imul', 'Math.floor', 'Math.sqrt', 'Math.SQRT1_2'];
    expect([...used].filter((call) => !exact.includes(call))).toEqual([]);
  }
});

// The first hash was also computed by an independent implementation: Python integers for Philox, CPython's
// statistics.NormalDist().inv_cdf for the quantile.
test('gives these very bytes', () => {
  const noise = gaussianNoise({ seed: 42, shape: [4, 1024] });
  expect(Array.from(noise.subarray(0, 4))).toMatchInlineSnapshot(`
    [
      0.28704190254211426,
      -0.07882346957921982,
      -1.4521371126174927,
      -0.4101129472255707,
    ]
  `);
  expect(createHash('sha256').update(noise).digest('hex')).toMatchInlineSnapshot(
    `"b0af1256aefb20cb8c00ac807038c305f436ac3a51ce26e58b56c6ddaca82a00"`,
  );
  const large = gaussianNoise({ seed: 2 ** 53 - 1, shape: [1024], sequence: 2 ** 32 - 1, offset: 2 ** 40 });
  expect(createHash('sha256').update(large).digest('hex')).toMatchInlineSnapshot(
    `"79751c30c0a3be1d572daa7e02cb7496c2c7f7f828ccdc2e4db9b17b43a4afdd"`,
  );
});

test('mean, variance, skewness and kurtosis are those of a normal number', () => {
  const moment = (k: number) => sample.reduce((sum, value) => sum + value ** k, 0) / COUNT;
  // Five standard errors of each: √(1/n), √(2/n), √(15/n), √(96/n).
  expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / COUNT));
  expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / COUNT));
  expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / COUNT));
  expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / COUNT));
});

test('the distribution is normal by Kolmogorov and Smirnov', () => {
  const sorted = Float64Array.from(sample).sort();
  let distance = 0;
  sorted.forEach((value, i) => {
    if (i % 100 === 0) distance = Math.max(distance, Math.abs(normalCdf(value) - i / COUNT));
  });
  // 1.95/√n is exceeded once in a thousand samples.
  expect(distance).toBeLessThan(1.95 / Math.sqrt(COUNT));
});

/** Abramowitz and Stegun 7.1.26, to 1.5e-7: enough beside the bound of 2e-3. */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const erf = 1 - tail * Math.exp(-x * x);
  return z < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}

test('neighbours are not correlated', () => {
  for (const lag of [1, 2, 3, 4, 64]) {
    let sum = 0;
    for (let i = lag; i < COUNT; i++) sum += (sample[i] ?? 0) * (sample[i - lag] ?? 0);
    expect(Math.abs(sum / COUNT)).toBeLessThan(5 / Math.sqrt(COUNT));
  }
});

test('a value depends on seed, sequence and its number alone', () => {
  const whole = gaussianNoise({ seed: 3, shape: [50] });
  for (const offset of [0, 1, 2, 3, 4, 17]) {
    expect(gaussianNoise({ seed: 3, shape: [5, 2], offset })).toEqual(whole.slice(offset, offset + 10));
  }
  expect(gaussianNoise({ seed: 3, shape: [] })).toEqual(whole.slice(0, 1));
  expect(gaussianNoise({ seed: 3, shape: [0, 4] })).toHaveLength(0);
});

test('seeds and sequences differ, also in their upper words', () => {
  const first = (seed: number, sequence = 0, offset = 0) =>
    gaussianNoise({ seed, sequence, offset, shape: [8] }).join();
  const all = [
    first(0),
    first(1),
    first(2 ** 32),
    first(2 ** 32 + 1),
    first(0, 1),
    first(0, 0, 2 ** 34),
    first(0, 0, 8),
  ];
  expect(new Set(all).size).toBe(all.length);
});

test.each([
  ['seed', { seed: -1, shape: [1] }],
  ['seed', { seed: 0.5, shape: [1] }],
  ['seed', { seed: 2 ** 53, shape: [1] }],
  ['shape', { seed: 0, shape: [2, -1] }],
  ['shape', { seed: 0, shape: [1.5] }],
  ['offset', { seed: 0, shape: [1], offset: -4 }],
  ['sequence', { seed: 0, shape: [1], sequence: 2 ** 32 }],
  ['offset + size', { seed: 0, shape: [2], offset: 2 ** 53 - 1 }],
])('refuses a %s out of range', async (option, options) => {
  const { code, lines } = faultOf(() => gaussianNoise(options));
  expect(code).toBe('noise-option');
  expect(lines.what).toBe(`gaussianNoise: ${option} is out of range`);
});

test('refuses unknown options', async () => {
  const misspelt = { seed: 0, shape: [1], ofset: 3 };
  expect(faultOf(() => gaussianNoise(misspelt)).lines.do).toBe("did you mean 'offset'?");
});

test('reads noise from a file and checks its shape', async () => {
  const files = memoryFiles();
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const noise = { type: 'float32' as const, shape: [1, 2, 3], data };
  const ids = { type: 'int32' as const, shape: [6], data: Int32Array.from(data) };
  await writeSafetensors('/one.safetensors', { noise }, { files });
  await writeSafetensors('/two.safetensors', { noise, ids }, { files });
  expect(await noiseFromFile('/one.safetensors', { shape: [2, 3], files })).toEqual({
    ...noise,
    shape: [2, 3],
  });
  expect(
    (await noiseFromFile('/two.safetensors', { name: 'noise', shape: [1, 1, 2, 3], files })).data,
  ).toEqual(data);

  const unclear = await rejectionOf(noiseFromFile('/two.safetensors', { shape: [2, 3], files }));
  expect([unclear.code, unclear.lines.have]).toEqual(['noise-file', 'ids, noise']);
  const other = await rejectionOf(noiseFromFile('/one.safetensors', { shape: [3, 2], files }));
  expect([other.lines.have, other.lines.need]).toEqual(['[1, 2, 3]', '[3, 2]']);
  const ints = await rejectionOf(noiseFromFile('/two.safetensors', { name: 'ids', shape: [6], files }));
  expect(ints.lines.have).toBe('I32');
  const missing = await rejectionOf(noiseFromFile('/two.safetensors', { name: 'nois', shape: [6], files }));
  expect([missing.lines.what, missing.lines.have]).toEqual([
    "/two.safetensors: there is no noise 'nois' in this file",
    'ids, noise',
  ]);
  const misspelt = { shape: [6], files, nmae: 'ids' };
  expect((await rejectionOf(noiseFromFile('/two.safetensors', misspelt))).code).toBe('unknown-option');
});
