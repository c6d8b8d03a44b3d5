import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inFreshProcess } from './child/child.js';
import type { QuantisedAnswer, QuantisedTask, WeightsForm } from './child/quantised.js';
import { maxError } from './max-error.js';
import { WAN_1_3B_WIDTH, writeMadeUpWan } from './published/wan-1-3b.js';
import { median } from './statistics.js';

/** One form of weights, measured in fresh processes. */
export interface MeasuredForm extends WeightsForm {
  /** Bytes that sessions added to the process after forwards of 16 tokens. */
  readonly addedBytes: number;
  /** Milliseconds of a forward of 16 and of 1,024 tokens inside the runtime, medians of three. */
  readonly fewMs: number;
  readonly manyMs: number;
  /** Error of the prediction against float32, max|a−b| / max|b|, 1,024 tokens. */
  readonly error: number;
}

/**
 * Measures every form that quantised weights of `wan-1.3b-width` could have: what core's defaults (`form.ts`,
 * `linear.ts`) were chosen from. Run it as `node packages/bench/dist/quantised-forms.js` on an idle
 * machine; unlike the rows of `skipstone bench` its times are not interleaved.
 */
export async function benchQuantised(): Promise<readonly MeasuredForm[]> {
  const folder = await mkdtemp(join(tmpdir(), 'skipstone-bench-'));
  try {
    await writeMadeUpWan(folder, { config: WAN_1_3B_WIDTH, dtype: 'F32' });
    const measured: MeasuredForm[] = [];
    let right: readonly number[] | undefined;
    for (const form of forms()) {
      const task = { folder, cache: join(folder, 'sidecars'), ...form };
      const few = await answer({ ...task, tokens: 16, textRows: 16 });
      const many = await answer({ ...task, tokens: 1024, textRows: 512 });
      right ??= many.velocity;
      measured.push({
        ...form,
        addedBytes: few.addedBytes,
        fewMs: median(few.stepMs.slice(1)),
        manyMs: median(many.stepMs.slice(1)),
        error: maxError(many.velocity, right),
      });
    }
    return measured;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const answer = (task: QuantisedTask): Promise<QuantisedAnswer> =>
  inFreshProcess<QuantisedTask, QuantisedAnswer>('./quantised.js', task);

/** float32 first: it is what the others are held against. Unpacked products know no levels. */
function forms(): readonly WeightsForm[] {
  const all: WeightsForm[] = [{ weights: 'packed' }, { weights: 'mapped' }];
  for (const bits of [8, 4] as const) {
    for (const block of [32, 64, 128]) {
      all.push({ bits, block, weights: 'mapped' });
      for (const level of [0, 1, 4]) all.push({ bits, block, weights: 'packed', level });
    }
  }
  return all;
}

function line({ bits, block, weights, level, ...m }: MeasuredForm): string {
  const cells = [bits ?? 32, block ?? '–', weights, level ?? '–', Math.round(m.addedBytes / 2 ** 20)];
  const numbers = [m.fewMs.toFixed(0), m.manyMs.toFixed(0), `${(100 * m.error).toFixed(2)} %`];
  return `| ${[...cells, ...numbers].join(' | ')} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log('| bits | block | weights | level | added MiB | ms, 16 tokens | ms, 1,024 tokens | error |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const form of await benchQuantised()) console.log(line(form));
}
