import { warmupSteps } from '@skipstone/core';

/** A stretch at one end of a run: so many steps, a share of them, or noise levels beyond one. */
export type Window = { readonly steps: number } | { readonly fraction: number } | { readonly sigma: number };

/** Length of the early window: with `sigma`, the steps whose noise level is that or more. */
export function earlySteps(window: Window, sigmas: readonly number[]): number {
  return lengthOf(window, sigmas, (level, at) => level >= at);
}

/** Length of the late window: with `sigma`, the steps whose noise level is that or less. */
export function lateSteps(window: Window, sigmas: readonly number[]): number {
  return lengthOf(window, sigmas, (level, at) => level <= at);
}

/** `sigmas` are those of a schedule, `steps + 1` of them. A share of them is rounded up, as warm-ups are. */
function lengthOf(
  window: Window,
  sigmas: readonly number[],
  within: (level: number, at: number) => boolean,
): number {
  const steps = sigmas.length - 1;
  if (!('sigma' in window)) return Math.min(steps, warmupSteps(window, steps));
  return sigmas.slice(0, steps).filter((level) => within(level, window.sigma)).length;
}
