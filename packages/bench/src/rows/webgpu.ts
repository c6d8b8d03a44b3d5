import { only, type SelfTest, selfTest } from '@skipstone/core';
import { errorOf, type Subject, type SubjectRun } from '@skipstone/core/testing';
import type { Bench, Outcome } from '../row.js';
import { runRequest } from '../run-request.js';
import { interleave, ratios } from '../statistics.js';
import { steppedRun } from '../stepped-run.js';
import { demoSubject, wanWidthSubject } from '../subjects.js';

/** Half precision on a GPU against float32 on the CPU, where there is one. */
export async function* webgpu(bench: Bench): AsyncGenerator<Outcome> {
  const tests = [];
  for (const compute of ['float16', 'float32'] as const) {
    const test = await selfTest('webgpu', compute).catch((error: Error) => error);
    tests.push(test);
    if (test instanceof Error) continue;
    yield* onDevice(test, compute, bench);
    return;
  }
  const [error] = tests;
  const note = error instanceof Error ? reason(error) : '';
  yield {
    what: 'webgpu: on this GPU',
    unit: 'ratio',
    samples: [],
    note: `not measured: no such device (${note})`,
  };
}

/** In half precision, or in float32 where the device has no half precision. */
async function* onDevice(test: SelfTest, compute: Compute, bench: Bench): AsyncGenerator<Outcome> {
  yield {
    what: `webgpu: error of fused attention, ${compute}`,
    unit: 'share',
    samples: [test.errors.attention ?? Number.NaN],
    note: test.notes.join('; ') || 'all fused operators are right on this device',
    details: test.errors,
  };
  const settings = { device: 'webgpu', compute, weights: 'packed', decompose: test.operators } as const;
  const [demo, wan] = [await demoSubject(), await wanWidthSubject(bench)];
  yield* compare('demo', demo, {}, settings, bench);
  yield* compare('wan-1.3b-width', wan, { guidance: only() }, settings, bench);
}

type Compute = 'float16' | 'float32';
type Settings = NonNullable<SubjectRun['settings']>;

async function* compare(
  name: string,
  subject: Subject,
  run: SubjectRun,
  settings: Settings,
  bench: Bench,
): AsyncGenerator<Outcome> {
  const warmUp = 2;
  const steps = bench.repeats + warmUp;
  bench.say(`${name}, WebGPU and CPU in turn, ${steps} steps each`);
  const request = (settings: Settings) =>
    // Previews read the latents back after each step, so that a step ends when the device has done it.
    steppedRun({ ...runRequest(subject, { ...run, steps, settings }), previews: true });
  const [gpu, cpu] = [request(settings), request({ weights: 'packed' })];
  try {
    const ms = await interleave(
      { gpu: async () => (await gpu.next()).wallMs, cpu: async () => (await cpu.next()).wallMs },
      { repeats: bench.repeats, warmUp },
    );
    const [got, want] = [await gpu.finish(), await cpu.finish()];
    yield { what: `webgpu: ${name}, a step, ${settings.compute}`, unit: 'ms', samples: ms.gpu };
    yield {
      what: `webgpu: ${name}, a step over one in float32 on the CPU`,
      unit: 'ratio',
      samples: ratios(ms.gpu, ms.cpu),
    };
    yield {
      what: `webgpu: ${name}, error of its latents`,
      unit: 'share',
      samples: [errorOf(got.latents, want.latents)],
      note: `max|a−b| / max|b| after ${steps} steps, against float32 on the CPU`,
    };
  } finally {
    await Promise.all([gpu.abort(), cpu.abort()]);
  }
}

/** The end of the runtime's message, where the cause stands. */
function reason(error: Error): string {
  const [line = ''] = error.message.split('\n').filter((text) => text.trim().startsWith('have'));
  return (
    line
      .split('was false. ')
      .at(-1)
      ?.replace(/^ *have */, '')
      .trim() ?? ''
  );
}
