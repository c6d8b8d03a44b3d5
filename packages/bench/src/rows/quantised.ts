import { join } from 'node:path';
import { only, quantisedWeights } from '@skipstone/core';
import type { Subject } from '@skipstone/core/testing';
import { inFreshProcess } from '../child/child.js';
import type { QuantisedAnswer, QuantisedTask, WeightsForm } from '../child/quantised.js';
import { maxError } from '../max-error.js';
import type { Bench, Outcome } from '../row.js';
import { runRequest } from '../run-request.js';
import { interleave, ratios } from '../statistics.js';
import { steppedRun } from '../stepped-run.js';
import { wanWidthSubject } from '../subjects.js';

/** Few rows of activations where memory is measured, so that weights are what it is taken by. */
const SMALL = { tokens: 16, textRows: 16 } as const;
const USUAL = { tokens: 256, textRows: 512 } as const;
const FLOAT32 = { weights: 'packed' } as const;

type Bits = 8 | 4;
type Forward = (form: WeightsForm, size: typeof SMALL | typeof USUAL) => Promise<QuantisedAnswer>;

/** 8-bit and 4-bit weights against float32 ones: memory, error of the prediction, speed. */
export async function* quantised(bench: Bench): AsyncGenerator<Outcome> {
  const subject = await wanWidthSubject(bench);
  const cache = join(bench.folder, 'sidecars');
  const forward: Forward = (form, size) =>
    inFreshProcess<QuantisedTask, QuantisedAnswer>('./quantised.js', {
      ...{ folder: bench.folder, cache },
      ...form,
      ...size,
    });
  for (const bits of [8, 4] as const) {
    bench.say(`making ${bits}-bit weights`);
    const began = performance.now();
    const [small, bytes] = await quantisedSubject(subject, bits, cache);
    yield {
      what: `quantised: ${bits}-bit, making the sidecar file`,
      unit: 's',
      samples: [(performance.now() - began) / 1000],
      note: `${(bytes / 1e9).toFixed(2)} GB`,
    };
    yield await memory(bench, bits, forward);
    yield await error(bits, forward);
    yield* speed(bench, bits, subject, small);
  }
}

async function quantisedSubject(subject: Subject, bits: Bits, folder: string): Promise<[Subject, number]> {
  const [model] = subject.models;
  if (!model) throw new TypeError(`${subject.name} has no model`);
  const { weights, bytes } = await quantisedWeights(model, { bits, folder });
  return [{ ...subject, models: [{ ...model, weights }] }, bytes];
}

async function memory(bench: Bench, bits: Bits, forward: Forward): Promise<Outcome> {
  const samples: number[] = [];
  let note = '';
  for (let round = 0; round < bench.repeats; round++) {
    bench.say(`${bits}-bit weights, memory, ${round + 1} of ${bench.repeats}`);
    const few = await forward({ bits, ...FLOAT32 }, SMALL);
    const many = await forward(FLOAT32, SMALL);
    samples.push(few.addedBytes / many.addedBytes);
    note = `added by sessions that ran ${SMALL.tokens} tokens: ${gigabytes(few.addedBytes)} over ${gigabytes(many.addedBytes)}; whole processes: ${gigabytes(few.residentBytes)} over ${gigabytes(many.residentBytes)}`;
  }
  const what = `quantised: ${bits}-bit, resident bytes over fp32`;
  return { what, unit: 'ratio', ...(bits === 8 && { reach: { most: 0.35 } }), samples, note };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

async function error(bits: Bits, forward: Forward): Promise<Outcome> {
  const got = await forward({ bits, ...FLOAT32 }, USUAL);
  const want = await forward(FLOAT32, USUAL);
  return {
    what: `quantised: ${bits}-bit, error of the velocity`,
    unit: 'share',
    ...(bits === 8 && { reach: { most: 0.02 } }),
    samples: [maxError(got.velocity, want.velocity)],
    note: `max|a−b| / max|b| of a forward of ${USUAL.tokens} tokens, random weights`,
  };
}

async function* speed(bench: Bench, bits: Bits, subject: Subject, small: Subject): AsyncGenerator<Outcome> {
  bench.say(`${bits}-bit weights, speed`);
  const steps = bench.repeats + 2;
  const run = (of: Subject) =>
    steppedRun(runRequest(of, { guidance: only(), steps, settings: { weights: 'packed' } }));
  const runs = { few: run(small), many: run(subject) };
  try {
    // The first step reads the text too: it is no warmed-up pass.
    for (const one of Object.values(runs)) await one.next();
    const ms = await interleave(
      {
        few: async () => (await runs.few.next()).runtimeMs,
        many: async () => (await runs.many.next()).runtimeMs,
      },
      bench,
    );
    yield {
      what: `quantised: ${bits}-bit, time of a forward over fp32`,
      unit: 'ratio',
      samples: ratios(ms.few, ms.many),
      note: 'both packed; 1,024 tokens',
    };
  } finally {
    for (const one of Object.values(runs)) await one.abort();
  }
}
