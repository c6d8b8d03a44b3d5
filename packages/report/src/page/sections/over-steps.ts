import { lines, type Series } from '../../plot/lines.js';
import { raw } from '../html.js';
import type { ReportSection } from '../report-options.js';

/** A section of series over the steps; `least`: how high its axis goes at least. */
export function overSteps(
  [title, about]: readonly [title: string, about: string],
  unit: string,
  series: readonly Series[],
  least = 0,
): ReportSection {
  const values = series.flatMap(({ points }) => points.map(({ y }) => y)).filter(Number.isFinite);
  const top = 1.08 * Math.max(least, ...values) || 1;
  const axes = { x: { label: 'step' }, y: { label: unit, domain: [0, top] } } as const;
  return { title, about, body: raw(lines({ title, ...axes, series, width: 1000, height: 240 })) };
}

export const byStep = (values: readonly number[]) => values.map((y, x) => ({ x, y }));
