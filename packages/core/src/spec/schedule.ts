/**
 * A schedule is a table made before the run: the noise levels the sampler walks through and, for each step,
 * what the model receives as its timestep (integer or float, a matter of how the model was trained).
 */
export interface Schedule {
  readonly name: string;
  /** `steps + 1` noise levels, strictly decreasing (Karras of Cosmos may repeat its last), float64. */
  readonly sigmas: readonly number[];
  /** `steps` timesteps as the model receives them. */
  readonly timesteps: readonly number[];
}
