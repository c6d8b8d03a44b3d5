import { type SelfTest, selfTest } from '@skipstone/core';
import { errorOf, type Subject, type SubjectRun } from '@skipstone/core/testing';
import type { Bench, Outcome } from '../row.js';
import { ratios } from '../statistics.js';
import { inTurn, steppedRun } from '../stepped-run.js';
import { demoSubject, runRequest, wanWidthSubject } from '../subjects.js';

/** Half precision on a GPU against float32 on the CPU, where there is one. */
export async function* webgpu(bench: Bench): AsyncGenerator<Outcome> {
  let why = '';
  for (const compute of ['float16', 'float32'] as const) {
    const test = await selfTest('webgpu', compute).catch((error: Error) => error);
    if (!(test instanceof Error)) return yield* onDevice(test, compute, bench);
    why ||= reason(test);
  }
  yield {
    what: 'on this GPU',
    unit: 'ratio',
    samples: [],
    note: `not measured: no such device (${why})`,
  };
}

/** In half precision, or in float32 where the device has no half precision. */
async function* onDevice(test: SelfTest, compute: Compute, bench: Bench): AsyncGenerator<Outcome> {
  yield {
    what: `error of fused attention, ${compute}`,
    unit: 'share',
    samples: [test.errors.attention ?? Number.NaN],
    note: test.notes.join('; ') || 'all fused operators are right on this device',
    details: test.errors,
  };
  const settings = { device: 'webgpu', compute, weights: 'packed', decompose: test.operators } as const;
  const [demo, wan] = [await demoSubject(), await wanWidthSubject(bench)];
  yield* compare(demo, settings, bench);
  yield* compare(wan, settings, bench);
}

type Compute = 'float16' | 'float32';
type Settings = NonNullable<SubjectRun['settings']>;

async function* compare(subject: Subject, settings: Settings, bench: Bench): AsyncGenerator<Outcome> {
  const { name } = subject;
  bench.say(`${name}, WebGPU and CPU in turn, ${bench.repeats + 2} steps each`);
  // Previews read the latents back after each step, so that a step ends when the device has done it.
  const start = (run: SubjectRun) => steppedRun({ ...runRequest(subject, run), previews: true });
  const { wallMs, latents } = await inTurn(bench, (steps) => ({
    gpu: start({ steps, settings }),
    cpu: start({ steps }),
  }));
  yield { what: `${name}, a step, ${settings.compute}`, unit: 'ms', samples: wallMs.gpu };
  yield {
    what: `${name}, a step over one in float32 on the CPU`,
    unit: 'ratio',
    samples: ratios(wallMs.gpu, wallMs.cpu),
  };
  yield {
    what: `${name}, error of its latents`,
    unit: 'share',
    samples: [errorOf(latents.gpu, latents.cpu)],
    note: `max|a−b| / max|b| after ${bench.repeats + 2} steps, against float32 on the CPU`,
  };
}

/** The end of the runtime's message, where the cause stands. */
function reason({ message }: Error): string {
  const line = message.split('\n').find((text) => text.trim().startsWith('have'));
  const [cause = ''] = line?.split('was false. ').slice(-1) ?? [];
  return cause.replace(/^ *have */, '').trim();
}
