import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { generate, type VideoModel } from '@skipstone/core';
import { inFreshProcess } from '../fresh-process.js';
import { anonymousMemory, watchMemory } from '../memory.js';
import { claimedShapes, sizeOf } from '../published/claimed-shapes.js';
import { writeMadeUpTransformer } from '../published/made-up-transformer.js';
import { type PublishedModel, publishedNamed } from '../published/published-models.js';
import type { Bench, Outcome } from '../row.js';
import { gigabytes, maxError, sum } from '../statistics.js';
import { type MadeUpRun, madeUpRun } from '../subjects.js';

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
    const model = publishedNamed(name);
    const folder = join(bench.folder, name);
    const config = bench.quick ? { ...model.config, num_layers: 1, num_attention_heads: 2 } : model.config;
    bench.say(`writing random weights of ${name}`);
    const began = performance.now();
    const file = await writeMadeUpTransformer(folder, { model, config, dtype: 'BF16' });
    const written = { bytes: (await stat(file)).size, s: (performance.now() - began) / 1000 };
    const run = (what: string, task: Omit<Task, 'published' | 'folder' | 'side' | 'frames'>) => {
      bench.say(`${name}: ${what}`);
      return inFreshProcess(import.meta.url, sized, { published: name, folder, ...GRID, ...task });
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
  sum(Object.values(claimedShapes(model.spec(config))).map(sizeOf));

interface Expected {
  readonly name: string;
  /** What the model should be taken for, where that is known. */
  readonly expected: string | undefined;
  readonly parameters: number;
}

function forwards(
  { name, expected, parameters }: Expected,
  answer: Answer,
  written: { readonly bytes: number; readonly s: number },
): Outcome {
  const known = answer.parameters === parameters && answer.name === (expected ?? answer.name);
  const right = known && answer.same && finite(answer);
  return {
    what: `${name}, one forward`,
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

function steps(name: string, answer: Answer): Outcome {
  return {
    what: `${name}, a guided step`,
    unit: 's',
    samples: answer.stepS.flat(),
    failed: !finite(answer),
    note: `two branches, two steps; latents ${finite(answer) ? 'are numbers' : 'are NOT all numbers'}`,
    details: { ...answer, latents: summary(answer.latents) },
  };
}

/** The limit is on all that is resident; the plan speaks of what is left without file pages and Node itself. */
function memory(what: string, { resident, peak, before, planned }: Answer): Outcome {
  const known = peak !== undefined && before !== undefined;
  const added = known ? peak - before : Number.NaN;
  return {
    what: `${what}, peak resident memory`,
    unit: 'GB',
    reach: { below: 24 },
    samples: [resident / 1e9],
    note: known
      ? `anonymous: ${gigabytes(added)} more than before opening, ${(added / planned).toFixed(2)} of the ${gigabytes(planned)} planned; the rest is pages of the file, and Node`
      : `pages of the file among it; planned without them ${gigabytes(planned)}; this system does not tell them apart`,
  };
}

function error(name: string, forward: Answer, packed: Answer): Outcome {
  const off = maxError(packed.latents, forward.latents);
  return {
    what: `${name}, packed weights against mapped`,
    unit: 'share',
    reach: { most: TOLERANCE },
    samples: [off],
    failed: !finite(packed),
    note: `max|a−b| / max|b| of the latents is ${off.toExponential(1)}; a forward takes ${(packed.stepS[0]?.[0] ?? Number.NaN).toFixed(2)} s packed`,
    details: { ...packed, latents: summary(packed.latents) },
  };
}

const finite = ({ latents }: Answer): boolean => latents.every(Number.isFinite);

/** Latents are many; these tell whether they are sane. */
function summary(latents: readonly number[]): { readonly count: number; readonly deviation: number } {
  const squares = sum(latents.map((value) => value ** 2));
  return { count: latents.length, deviation: Math.sqrt(squares / latents.length) };
}

interface Task extends MadeUpRun {
  /** Whose tensors are in the folder. */
  readonly published: string;
  readonly folder: string;
  /** The same run so many times, each with sessions of its own. */
  readonly times: number;
}

type Answer = Awaited<ReturnType<typeof sized>>;

/** In a fresh process: opens a checkpoint as a user would and runs it on a small grid. */
export async function sized({ published, folder, times, ...run }: Task) {
  const before = anonymousMemory();
  const memory = watchMemory();
  const began = performance.now();
  const model = await publishedNamed(published).open(folder);
  const openS = (performance.now() - began) / 1000;
  const { latents, plan, stepS } = await ran(model, run);
  // What a later run finds in the heaps of earlier ones is not of its plan.
  const peak = memory.stop();
  const runs = [{ latents, stepS }];
  while (runs.length < times) runs.push(await ran(model, run));
  const tensors = model.phases.flatMap((phase) => [...phase.model.checkpoint.tensors.values()]);
  return {
    /** What the model was taken for, and the values of its tensors. */
    name: model.name,
    parameters: sum(tensors.map(({ shape }) => sizeOf(shape))),
    /** Seconds until headers were read and every tensor was claimed; inside the runtime of each step, by run. */
    openS,
    stepS: runs.map((one) => one.stepS),
    /** Bytes of anonymous memory before anything was opened, and at most until the first run's end. */
    before,
    peak,
    /** Bytes resident at most, file pages among them. */
    resident: 1024 * process.resourceUsage().maxRSS,
    /** Bytes of the plan's biggest moment, file pages left out, and what it is made of. */
    planned: plan.peakBytes,
    lines: Object.fromEntries(plan.memory.map(({ what, kind, bytes }) => [`${what} (${kind})`, bytes])),
    /** Latents of the first run, all streams, and whether every run gave these. */
    latents,
    same: runs.every((one) => one.latents.every((value, i) => Object.is(value, latents[i]))),
  };
}

async function ran(model: VideoModel, run: MadeUpRun) {
  const running = generate(model, madeUpRun(model, run));
  const stepS: number[] = [];
  for await (const event of running) {
    // A step between equal noise levels runs nothing.
    if (event.type === 'step' && event.ms > 0) stepS.push(event.ms / 1000);
  }
  const { latents, plan } = await running.result;
  return { stepS, plan, latents: Object.values(latents).flatMap(({ data }) => Array.from(data, Number)) };
}
