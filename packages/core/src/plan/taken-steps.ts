import type { Schedule } from '../spec/schedule.js';

/** A step between equal noise levels moves nothing, whatever its prediction, and is not taken. */
export const isTaken = ({ sigmas }: Pick<Schedule, 'sigmas'>, step: number): boolean =>
  sigmas[step] !== sigmas[step + 1];

/** How many steps of a stretch are taken. */
export const takenSteps = (schedule: Pick<Schedule, 'sigmas'>, from: number, to: number): number =>
  Array.from({ length: to - from }, (_, i) => from + i).filter((step) => isTaken(schedule, step)).length;
