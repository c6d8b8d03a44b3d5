import { only, type SelfTest, selfTest } from '@skipstone/core';
import { errorOf, type Subject, type SubjectRun } from '@skipstone/core/testing';
import type { Bench, Outcome, Row } from '../row.js';
import { runRequest } from '../run-request.js';
import { interleave, ratios } from '../statistics.js';
import { steppedRun } from '../stepped-run.js';
import { demoSubject, wanWidthSubject } from '../subjects.js';

/** Half precision on a GPU against float32 on the CPU, where there is one. */
export const webgpu: Row = {
  about: 'demo and wan-1.3b-width in fp16 through WebGPU against fp32 on the CPU; fused attention there',
  measure,
};

async function* measure(bench: Bench): AsyncGenerator<Outcome> {
  const test = await selfTest('webgpu', 'float16').catch((error: Error) => error);
  if (test instanceof Error) {
    const note = `not measured: no WebGPU device (${reason(test)})`;
    yield { what: 'webgpu: fp16 on this GPU', unit: 'ratio', samples: [], note };
    return;
  }
  yield {
    what: 'webgpu: error of fused attention, fp16',
    unit: 'share',
    samples: [test.errors.attention ?? Number.NaN],
    note: test.notes.join('; ') || 'all fused operators are right on this device',
    details: test.errors,
  };
  yield* compare('demo', await demoSubject(), {}, test, bench);
  yield* compare('wan-1.3b-width', await wanWidthSubject(bench), { guidance: only() }, test, bench);
}

async function* compare(
  name: string,
  subject: Subject,
  run: SubjectRun,
  test: SelfTest,
  bench: Bench,
): AsyncGenerator<Outcome> {
  const warmUp = 2;
  const steps = bench.repeats + warmUp;
  const fp16 = {
    device: 'webgpu',
    compute: 'float16',
    weights: 'packed',
    decompose: test.operators,
  } as const;
  bench.say(`${name}, WebGPU and CPU in turn, ${steps} steps each`);
  const request = (settings: NonNullable<SubjectRun['settings']>) =>
    // Previews read the latents back after each step, so that a step ends when the device has done it.
    steppedRun({ ...runRequest(subject, { ...run, steps, settings }), previews: true });
  const [gpu, cpu] = [request(fp16), request({ weights: 'packed' })];
  try {
    const ms = await interleave(
      { gpu: async () => (await gpu.next()).wallMs, cpu: async () => (await cpu.next()).wallMs },
      { repeats: bench.repeats, warmUp },
    );
    const [got, want] = [await gpu.finish(), await cpu.finish()];
    yield { what: `webgpu: ${name}, a step in fp16`, unit: 'ms', samples: ms.gpu };
    yield {
      what: `webgpu: ${name}, a step in fp16 over fp32 on the CPU`,
      unit: 'ratio',
      samples: ratios(ms.gpu, ms.cpu),
    };
    yield {
      what: `webgpu: ${name}, error of its latents`,
      unit: 'share',
      samples: [errorOf(got.latents, want.latents)],
      note: `max|a−b| / max|b| after ${steps} steps, against fp32 on the CPU`,
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
