import type { Ledger } from '@skipstone/core';

/** What each branch decided, one letter a step: `r` reused, `c` computed, `-` did not run. */
export function reusesOf(
  { decisions, steps, passes }: Ledger,
  plugin = 'step-cache',
): Record<string, string> {
  const names = [...new Set(passes.map(({ branch }) => branch))];
  const letter = (step: number, branch: string): string => {
    const row = decisions.find((d) => d.step === step && d.branch === branch && d.plugin === plugin);
    return row === undefined ? '-' : row.value === true ? 'r' : 'c';
  };
  return Object.fromEntries(
    names.map((name) => [name, Array.from({ length: steps }, (_, step) => letter(step, name)).join('')]),
  );
}
