import { denoise, type HostTensor } from '@skipstone/core';
import { BareRoom, hostKernels, type Subject } from '@skipstone/core/testing';
import { plainPass, wholeGraph } from '../graphs.js';
import { THREADS } from '../machine.js';
import type { Bench, Outcome } from '../row.js';
import { interleave, ratios, sum } from '../statistics.js';
import { demoSubject, runRequest } from '../subjects.js';

const STEPS = 24;
/** Enough of them that their time can be read. */
const CHECKS = 1000;

/** What the loop, the worker and the cuts cost around the runtime. */
export async function* engine(bench: Bench): AsyncGenerator<Outcome> {
  const subject = await demoSubject();
  const steps = bench.quick ? 4 : STEPS;
  const uncut = uncutPasses(subject, steps);
  try {
    const { runs, wholes } = await interleave(
      { runs: () => demoRun(subject, steps), wholes: uncut.time },
      bench,
    );
    yield {
      what: 'demo run, over its bare session runs',
      unit: 'ratio',
      reach: { most: 1.03 },
      samples: runs.map(({ loopMs, loopBareMs }) => loopMs / loopBareMs),
      note: `${steps} steps, two branches; from the end of the first step, which opens the sessions, to the last`,
    };
    yield {
      what: 'its bare session runs, over the uncut graph',
      unit: 'ratio',
      reach: { most: 1.02 },
      samples: ratios(
        runs.map((run) => run.loopBareMs),
        wholes,
      ),
      note: `without the first step, which warms new sessions up; the uncut graph computes text and clock in each pass`,
    };
    const checkMs = await finiteCheckMs(subject, steps);
    yield {
      what: 'the check that latents are finite, over a step',
      unit: 'ratio',
      reach: { most: 0.005 },
      samples: runs.map(({ loopMs }) => (checkMs * (steps - 1)) / loopMs),
      note: 'the mean of each stream in the same process; its answer comes with the report of the step',
    };
    yield {
      what: 'the call, opening sessions included',
      unit: 'ms',
      samples: runs.map((t) => t.callMs),
    };
  } finally {
    await uncut.close();
  }
}

/** Milliseconds of one check, over many. */
async function finiteCheckMs(subject: Subject, steps: number): Promise<number> {
  const kernels = hostKernels();
  const { latents } = runRequest(subject, { steps });
  const held = Object.fromEntries(Object.entries(latents).map(([name, host]) => [name, kernels.put(host)]));
  const began = performance.now();
  for (let i = 0; i < CHECKS; i++) await kernels.mean(held);
  return (performance.now() - began) / CHECKS;
}

interface RunTime {
  /** The whole call of `denoise`. */
  readonly callMs: number;
  /** From the end of the first step to that of the last; the same steps inside the runtime. */
  readonly loopMs: number;
  readonly loopBareMs: number;
}

async function demoRun(subject: Subject, steps: number): Promise<RunTime> {
  const ends: { at: number; ms: number }[] = [];
  const began = performance.now();
  await denoise({
    ...runRequest(subject, { steps }),
    tell: (event) => {
      if (event.type === 'step') ends.push({ at: performance.now(), ms: event.ms });
    },
  });
  const callMs = performance.now() - began;
  const bareMs = sum(ends.map(({ ms }) => ms));
  const [first = { at: 0, ms: 0 }, last = first] = [ends[0], ends.at(-1)];
  return { callMs, loopMs: last.at - first.at, loopBareMs: bareMs - first.ms };
}

/** The passes of a run through one session of the whole graph. */
function uncutPasses(subject: Subject, steps: number) {
  const { plan, latents, conditions } = runRequest(subject, { steps });
  const { phase, pass } = plainPass(plan);
  const { grid, settings, schedule } = plan.request;
  const room = new BareRoom('cpu', THREADS);
  const session = room.compile(wholeGraph(pass), { weights: settings.weights, sizes: phase.sizes });
  const put = (kind: string, hosts: Readonly<Record<string, HostTensor>>) =>
    Object.fromEntries(Object.entries(hosts).map(([name, host]) => [`${kind}.${name}`, room.put(host)]));
  const shared = { ...put('latents', latents), ...put('table', phase.spec.tables(grid, {})) };
  const branches = Object.values(conditions).map((ports) => put('condition', ports));
  const clocks = schedule.timesteps.map((timestep) =>
    room.put({ type: 'float32', shape: [1], data: Float32Array.of(timestep) }),
  );
  return {
    time: async (): Promise<number> => {
      let sum = 0;
      for (const clock of clocks.slice(1)) {
        for (const text of branches) sum += await session.time({ ...shared, ...text, 'clock.time': clock });
      }
      return sum;
    },
    close: () => room.close(),
  };
}
