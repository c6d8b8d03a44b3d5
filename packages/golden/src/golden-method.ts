import type { Ledger, Plugin } from '@skipstone/core';
import type { z } from 'zod';
import type { Checked, Golden } from './golden.js';

/**
 * A method that golden runs of any model were recorded with. A plugin package exports its own and names no
 * model; a model's package runs them and checks what every run has: noise levels, predictions, latents.
 */
export interface GoldenMethod {
  /** As an error lists it: `proxy reuse`. */
  readonly name: string;
  readonly kind: string;
  /** True if the fields of this folder are this method's. */
  accepts(golden: Golden): boolean;
  /** Fields of `case.json` that the method reads, beside those that say how any run was made. */
  readonly fields: Readonly<Record<string, z.ZodType>>;
  /** Tensors that it reads beside latents and texts; `in.velocity.` stands for all that begin so. */
  readonly inputs: readonly string[];
  /** Called once for a run, before anything is computed: throws if the folder cannot be followed. */
  prepare(golden: Golden): Promise<PreparedMethod>;
}

export interface PreparedMethod {
  readonly plugins: readonly Plugin[];
  /** Compares what the method recorded of the run that is over. */
  check(ledger: Ledger): AsyncIterable<Checked>;
}
