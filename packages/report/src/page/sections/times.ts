import type { ReportOptions, ReportSection } from '../report-options.js';
import { byStep, overSteps } from './over-steps.js';

/** Time of each step, and the share of its work that was computed. */
export function timeSection(options: ReportOptions): readonly ReportSection[] {
  const { stepMs, referenceStepMs } = options;
  const times = [
    ...(stepMs ? [{ name: 'this run', points: byStep(stepMs) }] : []),
    ...(referenceStepMs ? [{ name: 'reference', points: byStep(referenceStepMs), dashed: true }] : []),
  ];
  const section = () => overSteps(['Time of each step', 'Inside the runtime.'], 'milliseconds', times);
  return [...(times.length > 0 ? [section()] : []), ...workSection(options)];
}

function workSection({ passShares, ledger }: ReportOptions): readonly ReportSection[] {
  if (!passShares || passShares.length !== ledger.passes.length) return [];
  const shares = new Array<number>(ledger.steps).fill(0);
  for (const [i, { step }] of ledger.passes.entries())
    shares[step] = (shares[step] ?? 0) + 100 * (passShares[i] ?? 0);
  const about = 'By counting operations, all branches together; 100 % is a step without plugins.';
  const computed = { name: 'computed', points: byStep(shares) };
  return [overSteps(['Work of each step', about], '% of a full step', [computed])];
}
