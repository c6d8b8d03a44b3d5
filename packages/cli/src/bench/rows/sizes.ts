import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeMadeUpTransformer } from '../../published/made-up-transformer.js';
import { PUBLISHED, type PublishedModel } from '../../published/published-models.js';
import { inFreshProcess } from '../child/child.js';
import type { OpeningTask, OpeningTimes } from '../child/opening.js';
import type { Bench, Outcome, Row } from '../row.js';

const NAMES: readonly string[] = ['wan2.1-t2v-1.3b', 'cosmos-predict2-2b-video2world'];

/** 16 tokens a side and 3 latent frames: 768 tokens. Two steps, since Cosmos takes all of its grid but the last. */
const TASK = { side: 256, frames: 9, steps: 2 } as const;

/** Whether models of their real size compute on a small machine. */
export const sizes: Row = {
  about: 'one real forward of published sizes with made-up bf16 weights, mapped, and the memory it takes',
  measure,
};

async function* measure(bench: Bench): AsyncGenerator<Outcome> {
  for (const model of PUBLISHED.filter(({ name }) => NAMES.includes(name))) {
    const folder = join(bench.folder, model.name);
    const config = bench.quick ? tiny(model) : model.config;
    bench.say(`writing random weights of ${model.name}`);
    await writeMadeUpTransformer(folder, { model, config, dtype: 'BF16' });
    bench.say(`a forward of ${model.name}`);
    const task: OpeningTask = { folder, ...TASK };
    const times = await inFreshProcess<OpeningTask, OpeningTimes>('./opening.js', task);
    await rm(folder, { recursive: true });
    yield* outcomes(model, times);
  }
}

/** One block of two heads. */
const tiny = ({ config }: PublishedModel): PublishedModel['config'] => ({
  ...config,
  ...{ num_layers: 1, num_attention_heads: 2 },
});

function* outcomes({ name }: PublishedModel, times: OpeningTimes): Generator<Outcome> {
  const failed = times.finite ? {} : { failed: true };
  yield {
    what: `sizes: ${name}, one forward`,
    unit: 's',
    samples: [times.forwardS],
    ...failed,
    note: `768 tokens inside the runtime; ready after ${times.readyS.toFixed(2)} s; latents ${times.finite ? 'are numbers' : 'are NOT all numbers'}`,
    details: times,
  };
  yield {
    what: `sizes: ${name}, peak anonymous memory`,
    unit: 'GB',
    reach: { below: 24 },
    samples: times.peak === undefined ? [] : [times.peak / 1e9],
    ...(times.peak === undefined ? { note: 'not measured: this system has no /proc/self/status' } : {}),
  };
}
