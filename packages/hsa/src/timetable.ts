export interface TimetableOptions {
  /** Steps of the whole run, and the first step of the phase and the one after its last. */
  readonly steps: number;
  readonly from: number;
  readonly to: number;
  /** Group k is active at steps that its stride divides. */
  readonly strides: readonly number[];
  /** Every token is active in the first `early` and the last `late` steps. */
  readonly early: number;
  readonly late: number;
  /** Every token is active at each nth step too. */
  readonly refreshEvery?: number;
}

/** Which groups are active when: known before anything runs. */
export interface Timetable {
  /** True for steps at which every token is active. */
  full(step: number): boolean;
  /** Whether each group is active. */
  due(step: number): readonly boolean[];
  /** The next step at which a group is active: the phase's end at the latest, where all are. */
  next(step: number, group: number): number;
}

/** Group k is active at step i when i mod stride_k = 0 (HSA, arXiv:2605.06892v1, fig. 1), and in both windows. */
export function timetable(options: TimetableOptions): Timetable {
  const { steps, from, to, strides, early, late, refreshEvery } = options;
  const full = (step: number): boolean =>
    step === from ||
    step < early ||
    step >= steps - late ||
    (refreshEvery !== undefined && step % refreshEvery === 0);
  const isDue = (step: number, stride: number): boolean => full(step) || step % stride === 0;
  return {
    full,
    due: (step) => strides.map((stride) => isDue(step, stride)),
    next: (step, group) => {
      let next = step + 1;
      while (next < to && !isDue(next, strides[group] ?? 1)) next++;
      return next;
    },
  };
}

/** At how many steps each group is active. */
export function activeSteps(table: Timetable, steps: number, groups: number): readonly number[] {
  const due = Array.from({ length: steps }, (_, step) => table.due(step));
  return Array.from({ length: groups }, (_, k) => due.filter((step) => step[k]).length);
}
