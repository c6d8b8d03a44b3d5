import type { ClockCall, ClockRows, ModelSpec } from '../spec/model.js';

/** The rows of every clock at a step: one each, unless the model says otherwise. */
export const clockRowsOf = (spec: ModelSpec, call: ClockCall): Readonly<Record<string, ClockRows>> =>
  spec.clockRows?.(call) ??
  Object.fromEntries(Object.keys(spec.clocks).map((name) => [name, { values: [call.timestep] }]));
