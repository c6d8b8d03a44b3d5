import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../loop/step/events.js';
import { someTensor } from '../testing/small/run-graph.js';
import { WIDE, wideModel } from '../testing/small/wide.js';
import { errorOf } from '../testing/subject.js';
import { generate } from './generate.js';
import type { GenerateOptions } from './options.js';
import { planGeneration, weightsOf } from './plan-generation.js';
import type { VideoModel } from './video-model.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-int8-'));
  vi.stubEnv('SKIPSTONE_CACHE', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function wideVideo(): Promise<VideoModel> {
  return {
    name: 'wide',
    origin: 'memory',
    phases: [{ name: 'all', model: await wideModel() }],
    defaults: {
      ...{ width: 8, height: 6, frames: 2, steps: 3, guidance: 2, guidanceForm: 'cond', shift: 3 },
      ...{ sampler: 'euler', schedules: { euler: 'euler-flow', unipc: 'unipc-flow' }, framesPerSecond: 8 },
    },
    grid: ({ width, height, frames }) => ({ width, height, frames }),
    latentShape: ({ width, height, frames }) => ({ video: [frames * height * width, WIDE.patch] }),
  };
}

const text = (seed: number) => ({ text: someTensor([7, WIDE.text], seed) });
const OPTIONS: GenerateOptions = { embeds: { cond: text(1), uncond: text(2) }, threads: 1 };

async function run(model: VideoModel, options: GenerateOptions) {
  const events: RunEvent[] = [];
  const running = generate(model, { ...OPTIONS, ...options });
  for await (const event of running) events.push(event);
  const notes = events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
  const shown = notes.map((note) => note.replaceAll(folder, 'FOLDER').replace(/[0-9a-f]{64}/, 'PRINT'));
  return { ...(await running.result), notes: shown };
}

describe('generate with quantised weights', () => {
  it('makes them once, says where, and stays near float32', async () => {
    const model = await wideVideo();
    const plain = await run(model, {});
    expect(await readdir(folder)).toEqual([]);
    const first = await run(model, { precision: 'int8' });
    expect(first.notes).toEqual([
      'all: making 8-bit weights, 140.3 KiB, in FOLDER/PRINT.int8.b64.v1.safetensors',
      'all: 8-bit weights, 140.9 KiB, made now: FOLDER/PRINT.int8.b64.v1.safetensors',
    ]);
    expect(errorOf(first.latents, plain.latents)).toBeLessThan(0.01);
    expect(errorOf(first.latents, plain.latents)).toBeGreaterThan(1e-5);
    const again = await run(model, { precision: 'int8' });
    expect(again.notes).toEqual([
      'all: 8-bit weights, 140.9 KiB, made earlier: FOLDER/PRINT.int8.b64.v1.safetensors',
    ]);
    expect(again.latents).toEqual(first.latents);
    const mapped = await run(model, { precision: 'int8', weights: 'mapped' });
    expect(errorOf(mapped.latents, plain.latents)).toBeLessThan(0.01);
    const four = await run(model, { precision: 'int4' });
    expect(errorOf(four.latents, plain.latents)).toBeLessThan(0.1);
    expect(errorOf(four.latents, plain.latents)).toBeGreaterThan(errorOf(first.latents, plain.latents));
  });

  it('makes nothing for a run that cannot be planned', async () => {
    const work = run(await wideVideo(), { precision: 'int8', memoryBytes: 1000 });
    await expect(work).rejects.toThrow('plan: this run does not fit');
    expect(await readdir(folder)).toEqual([]);
  });

  it('makes nothing after an abort', async () => {
    const stop = new AbortController();
    const running = generate(await wideVideo(), { ...OPTIONS, precision: 'int8', signal: stop.signal });
    for await (const event of startOf(running)) if (event.type === 'note') stop.abort();
    await expect(running.result).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await readdir(folder)).toEqual([]);
  });
});

/** The events of a run, without the failure it ends with. */
async function* startOf(running: AsyncIterable<RunEvent>): AsyncGenerator<RunEvent> {
  try {
    yield* running;
  } catch {
    // The result says it too.
  }
}

describe('a plan with quantised weights', () => {
  const plan = (model: VideoModel, options: GenerateOptions) => {
    const request = { options, plugins: [], lengths: { S: 7 }, decompose: new Set<never>() };
    return planGeneration(model, request).plan;
  };
  const bytesOf = (model: VideoModel, options: GenerateOptions, what: string): number =>
    plan(model, options).memory.find((line) => line.what === what)?.bytes ?? 0;

  it('counts codes, scales and sums of blocks, before there is a sidecar', async () => {
    const model = await wideVideo();
    const values = 192 * 192 + 192 * 200 + 256 * 192;
    const inFile = (options: GenerateOptions) => bytesOf(model, options, 'weights, pages of their files');
    const packed = (options: GenerateOptions) => bytesOf(model, options, 'weights, packed copies');
    const rest = inFile({}) - 4 * values;
    // Blocks of 64: three in 192 values, four in 200, the last of them padded.
    const [codes, blocks] = [192 * 192 + 192 * 256 + 256 * 192, 3 * 192 + 4 * 192 + 3 * 256];
    expect(inFile({ precision: 'int8' })).toBe(rest + codes + 4 * blocks);
    expect(packed({ precision: 'int8' })).toBe(rest + codes + 8 * blocks);
    expect(packed({ precision: 'int8', weights: 'mapped' })).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is the plan that runs', async () => {
    const model = await wideVideo();
    const ran = await run(model, { precision: 'int4' });
    const { memory, peakBytes } = plan(model, { precision: 'int4' });
    expect(ran.plan.memory).toEqual(memory);
    expect(ran.plan.peakBytes).toBe(peakBytes);
  });

  it('packs quantised weights unless told otherwise, however many', async () => {
    const model = await wideVideo();
    const [phase] = model.phases;
    if (!phase) throw new Error('no phase');
    const entry = [...phase.model.checkpoint.tensors.values()][0];
    if (!entry) throw new Error('no tensor');
    const tensors = new Map([['big', { ...entry, shape: [2 ** 20, 2 ** 10] }]]);
    const checkpoint = { ...phase.model.checkpoint, tensors };
    const big = { ...model, phases: [{ ...phase, model: { ...phase.model, checkpoint } }] };
    expect(weightsOf(big, {})).toBe('mapped');
    expect(weightsOf(big, { precision: 'int8' })).toBe('packed');
    expect(weightsOf(big, { precision: 'int8', weights: 'mapped' })).toBe('mapped');
  });
});
