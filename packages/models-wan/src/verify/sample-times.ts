import type { Grid } from '@skipstone/core';
import type { Golden, Numbers } from '@skipstone/golden';
import { unsupported } from './golden-wan.js';

/** When a sample of a forward stands: one timestep, or one a token. */
export interface SampleTime {
  readonly timestep: number;
  /** Latent frames at the beginning whose tokens stand at 0; `undefined` where the case has one timestep. */
  readonly clean?: number;
}

/** The timesteps of a case: `[B]`, or `[B, N]` where tokens of the first frames stand at 0. */
export async function sampleTimes(golden: Golden): Promise<readonly SampleTime[]> {
  const { shape, data } = await golden.input('in.timestep');
  const [batch = 0, , frames = 1] = golden.tensors.get('in.hidden_states')?.shape ?? [];
  const values = Array.from(Float32Array.from(data, Number));
  const refuse = (need: string) => unsupported(golden, `in.timestep [${shape.join(', ')}]`, need);
  if (shape[0] !== batch || shape.length > 2) throw refuse(`[${batch}] or [${batch}, tokens]`);
  const [, tokens] = shape;
  if (tokens === undefined) return values.map((timestep) => ({ timestep }));
  return Array.from({ length: batch }, (_, i) => {
    const own = values.slice(i * tokens, (i + 1) * tokens);
    const clean = own.findIndex((value) => value !== 0);
    const timestep = own[clean] ?? 0;
    const whole = clean >= 0 && Number.isInteger((clean * frames) / tokens);
    if (whole && own.slice(clean).every((value) => value === timestep)) {
      return { timestep, clean: (clean * frames) / tokens };
    }
    throw refuse('0 for the tokens of whole frames at the beginning, one timestep for all others');
  });
}

/** Rows of a clock, the step's own and that of given tokens, as one for each token. */
export function givenTokens({ data }: Numbers, clean: number, { frames, height, width }: Grid): Numbers {
  const tokens = (frames * height * width) / 4;
  const rows = clean > 0 ? 2 : 1;
  const columns = data.length / rows;
  const out = new Float32Array(tokens * columns);
  for (let n = 0; n < tokens; n++) {
    const row = n < (clean * height * width) / 4 ? 1 : 0;
    for (let d = 0; d < columns; d++) out[n * columns + d] = data[row * columns + d] ?? Number.NaN;
  }
  return { shape: [tokens, columns], data: out };
}
