import { lines, type Series } from '../../plot/lines.js';
import { raw } from '../html.js';
import type { ReportOptions, ReportSection } from '../report-options.js';

/** Time of each step, and the share of its work that was computed. */
export function timeSection(options: ReportOptions): readonly ReportSection[] {
  const { stepMs, referenceStepMs } = options;
  const times = [
    ...(stepMs ? [{ name: 'this run', points: byStep(stepMs) }] : []),
    ...(referenceStepMs ? [{ name: 'reference', points: byStep(referenceStepMs), dashed: true }] : []),
  ];
  return [
    ...(times.length === 0
      ? []
      : [section('Time of each step', 'Inside the runtime.', 'milliseconds', times)]),
    ...workSection(options),
  ];
}

function workSection({ passShares, ledger }: ReportOptions): readonly ReportSection[] {
  if (!passShares || passShares.length !== ledger.passes.length) return [];
  const shares = new Array<number>(ledger.steps).fill(0);
  for (const [i, { step }] of ledger.passes.entries())
    shares[step] = (shares[step] ?? 0) + 100 * (passShares[i] ?? 0);
  const about = 'By counting operations, all branches together; 100 % is a step without plugins.';
  return [
    section('Work of each step', about, '% of a full step', [{ name: 'computed', points: byStep(shares) }]),
  ];
}

function section(title: string, about: string, unit: string, series: readonly Series[]): ReportSection {
  const top = Math.max(
    ...series.flatMap(({ points }) => points.map(({ y }) => y)).filter(Number.isFinite),
    0,
  );
  const svg = lines({
    title,
    x: { label: 'step' },
    y: { label: unit, domain: [0, top > 0 ? 1.08 * top : 1] },
    series,
    width: 1000,
    height: 240,
  });
  return { title, about, body: raw(svg) };
}

const byStep = (values: readonly number[]) => values.map((y, x) => ({ x, y }));
