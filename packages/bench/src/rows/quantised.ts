import { join } from 'node:path';
import { denoise, quantisedWeights } from '@skipstone/core';
import type { Subject } from '@skipstone/core/testing';
import { inFreshProcess } from '../fresh-process.js';
import type { Bench, Outcome } from '../row.js';
import { gigabytes, maxError, ratios } from '../statistics.js';
import { inTurn } from '../stepped-run.js';
import { modelOf, runRequest, stepsOf, wanSubject, wanWidthSubject } from '../subjects.js';

/** Few rows of activations where memory is measured, so that weights are what it is taken by. */
const SMALL = { tokens: 16, textRows: 16 } as const;
const USUAL = { tokens: 256, textRows: 512 } as const;

type Bits = 8 | 4;
type Forward = (size: typeof SMALL | typeof USUAL, bits?: Bits) => ReturnType<typeof forwards>;

/** 8-bit and 4-bit weights against float32 ones: memory, error of the prediction, speed. */
export async function* quantised(bench: Bench): AsyncGenerator<Outcome> {
  const subject = await wanWidthSubject(bench);
  const cache = join(bench.folder, 'sidecars');
  const forward: Forward = (size, bits) =>
    inFreshProcess(import.meta.url, forwards, {
      folder: bench.folder,
      cache,
      ...size,
      ...(bits && { bits }),
    });
  for (const bits of [8, 4] as const) {
    bench.say(`making ${bits}-bit weights`);
    const began = performance.now();
    const { subject: small, bytes } = await quantisedSubject(subject, bits, cache);
    yield {
      what: `${bits}-bit, making the sidecar file`,
      unit: 's',
      samples: [(performance.now() - began) / 1000],
      note: gigabytes(bytes),
    };
    yield await memory(bench, bits, forward);
    yield await error(bits, forward);
    yield* speed(bench, bits, subject, small);
  }
}

async function memory(bench: Bench, bits: Bits, forward: Forward): Promise<Outcome> {
  const samples: number[] = [];
  let note = '';
  for (let round = 0; round < bench.repeats; round++) {
    bench.say(`${bits}-bit weights, memory, ${round + 1} of ${bench.repeats}`);
    const few = await forward(SMALL, bits);
    const many = await forward(SMALL);
    samples.push(few.addedBytes / many.addedBytes);
    note = `added by sessions that ran ${SMALL.tokens} tokens: ${gigabytes(few.addedBytes)} over ${gigabytes(many.addedBytes)}; whole processes: ${gigabytes(few.residentBytes)} over ${gigabytes(many.residentBytes)}`;
  }
  const what = `${bits}-bit, resident bytes over fp32`;
  return { what, unit: 'ratio', ...(bits === 8 && { reach: { most: 0.35 } }), samples, note };
}

async function error(bits: Bits, forward: Forward): Promise<Outcome> {
  const got = await forward(USUAL, bits);
  const want = await forward(USUAL);
  return {
    what: `${bits}-bit, error of the velocity`,
    unit: 'share',
    ...(bits === 8 && { reach: { most: 0.02 } }),
    samples: [maxError(got.velocity, want.velocity)],
    note: `max|a−b| / max|b| of a forward of ${USUAL.tokens} tokens, random weights`,
  };
}

async function* speed(bench: Bench, bits: Bits, subject: Subject, small: Subject): AsyncGenerator<Outcome> {
  bench.say(`${bits}-bit weights, speed`);
  const { runtimeMs } = await inTurn(bench, (steps) => ({
    few: stepsOf(small, { steps }),
    many: stepsOf(subject, { steps }),
  }));
  yield {
    what: `${bits}-bit, time of a forward over fp32`,
    unit: 'ratio',
    samples: ratios(runtimeMs.few, runtimeMs.many),
    note: 'both packed; 1,024 tokens',
  };
}

const STEPS = 4;

interface Task {
  /** The model's folder, and that of its sidecars. */
  readonly folder: string;
  readonly cache: string;
  /** Absent for the checkpoint's own weights. */
  readonly bits?: Bits;
  readonly tokens: number;
  readonly textRows: number;
}

/** In a fresh process: runs a few steps of one branch. */
export async function forwards({ folder, cache, bits, tokens, textRows }: Task) {
  const side = 2 * Math.sqrt(tokens);
  const plain = await wanSubject(folder, { frames: 1, height: side, width: side }, textRows);
  const subject = bits ? (await quantisedSubject(plain, bits, cache)).subject : plain;
  const request = runRequest(subject, { steps: STEPS });
  const before = resident();
  let after = 0;
  let first: Float32Array | undefined;
  await denoise({
    ...request,
    previews: true,
    tell: (event) => {
      if (event.type === 'preview') first ??= event.latents.video?.data as Float32Array;
    },
    afterStep: () => {
      after = resident();
    },
  });
  const [from = 0, to = 0] = request.plan.request.schedule.sigmas;
  const start = request.latents.video?.data as Float32Array;
  return {
    /** Bytes that stand while all sessions have run, anonymous and of files: more than before them, and all. */
    addedBytes: after - before,
    residentBytes: after,
    /** The first step's prediction, `[N, P]`. */
    velocity: Array.from(first ?? [], (value, i) => (value - (start[i] ?? 0)) / (to - from)),
  };
}

async function quantisedSubject(subject: Subject, bits: Bits, folder: string) {
  const model = modelOf(subject);
  const { weights, bytes } = await quantisedWeights(model, { bits, folder });
  return { subject: { ...subject, models: [{ ...model, weights }] }, bytes };
}

function resident(): number {
  global.gc?.();
  return process.memoryUsage.rss();
}
