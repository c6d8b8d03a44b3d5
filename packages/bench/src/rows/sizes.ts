import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inFreshProcess } from '../child/child.js';
import type { SizesAnswer, SizesTask } from '../child/sizes.js';
import { maxError } from '../max-error.js';
import { claimedShapes, sizeOf } from '../published/claimed-shapes.js';
import { writeMadeUpTransformer } from '../published/made-up-transformer.js';
import { PUBLISHED, type PublishedModel } from '../published/published-models.js';
import type { Bench, Outcome } from '../row.js';

/** `idle`: steps of its grid that are between equal noise levels, and are not taken. */
const MODELS = [
  { name: 'wan2.1-t2v-1.3b', idle: 0 },
  { name: 'cosmos-predict2-2b-video2world', idle: 1 },
] as const;

/** 16×16 latents, 3 frames of them: 192 tokens. */
const GRID = { side: 128, frames: 9 } as const;

/** Two forms of the weights, the same arithmetic: what the order of sums may do through all blocks. */
const TOLERANCE = 1e-4;

/** Whether models of their real size compute on a small machine. */
export async function* sizes(bench: Bench): AsyncGenerator<Outcome> {
  for (const { name, idle } of MODELS) {
    const [model] = PUBLISHED.filter((one) => one.name === name);
    if (!model) throw new TypeError(`${name} is published`);
    const folder = join(bench.folder, name);
    const config = bench.quick ? { ...model.config, num_layers: 1, num_attention_heads: 2 } : model.config;
    bench.say(`writing random weights of ${name}`);
    const began = performance.now();
    const file = await writeMadeUpTransformer(folder, { model, config, dtype: 'BF16' });
    const written = { bytes: (await stat(file)).size, s: (performance.now() - began) / 1000 };
    const run = (what: string, task: Omit<SizesTask, 'published' | 'folder' | 'side' | 'frames'>) => {
      bench.say(`${name}: ${what}`);
      return inFreshProcess<SizesTask, SizesAnswer>('./sizes.js', {
        published: name,
        folder,
        ...GRID,
        ...task,
      });
    };
    const one = { steps: 1 + idle, guided: false, weights: 'mapped', times: 2 } as const;
    const forward = await run('a forward, twice', one);
    const expected = bench.quick ? undefined : name;
    yield forwards({ name, expected, parameters: parametersOf(model, config) }, forward, written);
    yield memory(`${name}, forward`, forward);
    const guided = await run('two guided steps', { ...one, steps: 2 + idle, guided: true, times: 1 });
    yield steps(name, guided);
    yield memory(`${name}, guided`, guided);
    const packed = await run('a forward with packed weights', { ...one, weights: 'packed', times: 1 });
    await rm(folder, { recursive: true });
    yield error(name, forward, packed);
    yield memory(`${name}, packed`, packed);
  }
}

const parametersOf = (model: PublishedModel, config: PublishedModel['config']): number =>
  Object.values(claimedShapes(model.spec(config))).reduce((sum, shape) => sum + sizeOf(shape), 0);

interface Expected {
  readonly name: string;
  /** What the model should be taken for, where that is known. */
  readonly expected: string | undefined;
  readonly parameters: number;
}

function forwards(
  { name, expected, parameters }: Expected,
  answer: SizesAnswer,
  written: { readonly bytes: number; readonly s: number },
): Outcome {
  const known = answer.parameters === parameters && answer.name === (expected ?? answer.name);
  const right = known && answer.same && finite(answer);
  return {
    what: `sizes: ${name}, one forward`,
    unit: 's',
    samples: answer.stepS.flatMap(([first = Number.NaN]) => [first]),
    failed: !right,
    note: [
      `opens as ${answer.name}${known ? '' : ', which it is NOT'} in ${answer.openS.toFixed(2)} s`,
      `${answer.parameters.toLocaleString('en')} parameters, ${gigabytes(written.bytes)} written in ${written.s.toFixed(0)} s`,
      `latents ${finite(answer) ? 'are numbers' : 'are NOT all numbers'}`,
      `${answer.same ? 'the same' : 'NOT the same'} bytes twice`,
    ].join('; '),
    details: { ...answer, latents: summary(answer.latents), written },
  };
}

function steps(name: string, answer: SizesAnswer): Outcome {
  return {
    what: `sizes: ${name}, a guided step`,
    unit: 's',
    samples: answer.stepS.flat(),
    failed: !finite(answer),
    note: `two branches, two steps; latents ${finite(answer) ? 'are numbers' : 'are NOT all numbers'}`,
    details: { ...answer, latents: summary(answer.latents) },
  };
}

/** The limit is on all that is resident; the plan speaks of what is left without file pages and Node itself. */
function memory(what: string, { resident, peak, before, planned }: SizesAnswer): Outcome {
  const known = peak !== undefined && before !== undefined;
  const added = known ? peak - before : Number.NaN;
  return {
    what: `sizes: ${what}, peak resident memory`,
    unit: 'GB',
    reach: { below: 24 },
    samples: [resident / 1e9],
    note: known
      ? `anonymous: ${gigabytes(added)} more than before opening, ${(added / planned).toFixed(2)} of the ${gigabytes(planned)} planned; the rest is pages of the file, and Node`
      : `pages of the file among it; planned without them ${gigabytes(planned)}; this system does not tell them apart`,
  };
}

function error(name: string, forward: SizesAnswer, packed: SizesAnswer): Outcome {
  const off = maxError(packed.latents, forward.latents);
  return {
    what: `sizes: ${name}, packed weights against mapped`,
    unit: 'share',
    reach: { most: TOLERANCE },
    samples: [off],
    failed: !finite(packed),
    note: `max|a−b| / max|b| of the latents is ${off.toExponential(1)}; a forward takes ${(packed.stepS[0]?.[0] ?? Number.NaN).toFixed(2)} s packed`,
    details: { ...packed, latents: summary(packed.latents) },
  };
}

const finite = ({ latents }: SizesAnswer): boolean => latents.every(Number.isFinite);

/** Latents are many; these tell whether they are sane. */
function summary(latents: readonly number[]): { readonly count: number; readonly deviation: number } {
  const squares = latents.reduce((sum, value) => sum + value * value, 0);
  return { count: latents.length, deviation: Math.sqrt(squares / latents.length) };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
