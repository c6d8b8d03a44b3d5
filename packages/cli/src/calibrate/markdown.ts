import type { Estimate } from '@skipstone/galaxy-cache/calibration';

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** `39.9 (38.1 to 41.7)`, or a dash where nothing was measured. */
export function interval(estimate: Estimate | null | undefined, places: number): string {
  if (!estimate) return '–';
  const [value, low, high] = [estimate.value, estimate.low, estimate.high].map((one) => one.toFixed(places));
  return `${value} (${low} to ${high})`;
}

export const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
