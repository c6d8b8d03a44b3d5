import type { Guidance } from '../spec/guidance.js';

/** The same guidance with some branches left out at some steps; `names` are those that run, the leader always. */
export const during = (guidance: Guidance, names: (step: number) => readonly string[]): Guidance => ({
  ...guidance,
  at: (call) => guidance.at(call).filter(({ name }) => names(call.step).includes(name)),
});
