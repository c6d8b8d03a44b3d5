import { SkipstoneError } from '../error.js';
import { assertKnownOptions } from './known-options.js';

/** Noise levels the models here were trained on; also the unit of their timesteps: t = 1000·σ. */
export const TRAINED_STEPS = 1000;

export interface GridOptions {
  /** Steps of the run, 1 to 1000. */
  readonly steps: number;
  /**
   * Flow shift, above 0; 1 (default) leaves the grid as it is, larger values spend more steps at high noise.
   * Origin: the model's scheduler configuration (Wan2.1 480p 3, 720p 5; Wan2.2 T2V 12).
   */
  readonly shift?: number;
}

/** The options with their defaults, or an error that says which is wrong. */
export function gridOptions(schedule: string, options: GridOptions): Required<GridOptions> {
  assertKnownOptions(schedule, options, ['steps', 'shift']);
  const { steps, shift = 1 } = options;
  if (!Number.isInteger(steps) || steps < 1 || steps > TRAINED_STEPS) {
    throw fault(schedule, 'number of steps', steps, `a whole number from 1 to ${TRAINED_STEPS}`, 'steps');
  }
  if (!(shift > 0 && Number.isFinite(shift))) {
    throw fault(schedule, 'shift', shift, 'a finite number above 0', 'shift');
  }
  return { steps, shift };
}

function fault(schedule: string, what: string, have: number, need: string, option: string): SkipstoneError {
  return new SkipstoneError({
    code: 'schedule-option',
    what: `${schedule}: the ${what} is out of range`,
    have: String(have),
    need,
    do: `pass { ${option} } (--${option}) in that range`,
  });
}
