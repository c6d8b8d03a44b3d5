/**
 * A schedule is a table made before the run: the noise levels the sampler walks through and, for each step,
 * what the model receives as its timestep (integer or float, a matter of how the model was trained).
 */
export interface Schedule {
  readonly name: string;
  /**
   * `steps + 1` noise levels in flow matching's sense, decreasing, float64. Where two are equal the step
   * between them moves nothing and is not taken.
   */
  readonly sigmas: readonly number[];
  /** `steps` timesteps as the model receives them. */
  readonly timesteps: readonly number[];
  /** What unit noise is multiplied by to be the state the run begins with. Default 1. */
  readonly startScale?: number;
  /** What the state the run ends with is multiplied by to be latents. Default 1. */
  readonly endScale?: number;
}
