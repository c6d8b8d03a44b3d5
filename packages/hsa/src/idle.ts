import type { EvaluateCall, Setup } from '@skipstone/core';
import { eachStream, listOf } from './streams.js';

/** For how long tokens have idled. */
export interface Idle {
  /** Notes that the rows of this call are computed. */
  note(call: EvaluateCall): void;
  /** Steps since a token was computed. */
  steps(stream: string, token: number, step: number): number;
}

export function idle({ rows, lasting }: Setup): Idle {
  const computed = lasting.cell<Readonly<Record<string, readonly number[]>>>({});
  return {
    note: (call) => {
      computed.value = eachStream(rows, (stream, count) => {
        const steps = [...(computed.value[stream] ?? new Array<number>(count).fill(call.step))];
        for (const token of listOf(call.rows[stream], count)) steps[token] = call.step;
        return steps;
      });
    },
    steps: (stream, token, step) => step - (computed.value[stream]?.[token] ?? step),
  };
}
