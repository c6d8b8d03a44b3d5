import type { Decision, Ledger } from '@skipstone/core';
import { lines, type Series } from '../../plot/lines.js';
import { reuses } from '../../run/decision-rows.js';
import { raw } from '../html.js';
import type { ReportSection } from '../report-options.js';

/** What was measured for a decision, against its threshold, over steps: one plot for each plugin and key. */
export function driftSections(ledger: Ledger): readonly ReportSection[] {
  const groups = groupedBy(
    ledger.decisions.filter(({ signal }) => signal !== undefined),
    ({ plugin, key }) => JSON.stringify([plugin, key]),
  );
  return groups.flatMap((decisions): ReportSection[] => {
    const [first, second] = decisions;
    if (!first || !second) return [];
    const { plugin, key } = first;
    const body = raw(
      lines({
        title: `Signal of ${plugin}, ${key}, by step`,
        x: { label: 'step', domain: [0, Math.max(1, ledger.steps - 1)] },
        y: { label: 'signal' },
        width: 1000,
        ...drawn(decisions),
      }),
    );
    const about = `The signal that ${plugin} noted with its decision “${key}”, and the threshold it was held against. Rings are steps that reused.`;
    return [{ title: 'Drift against its threshold', about, body }];
  });
}

function drawn(decisions: readonly Decision[]) {
  const branches = groupedBy(decisions, ({ branch = 'all branches' }) => branch);
  const signals = branches.map((list): Series => {
    const points = list.map(({ step, signal = Number.NaN, key, value }) => ({
      x: step,
      y: signal,
      hollow: value === true && reuses(key),
    }));
    return { name: list[0]?.branch ?? 'all branches', points };
  });
  const held = decisions.filter(({ threshold }) => threshold !== undefined);
  const thresholds = new Set(held.map(({ threshold }) => threshold));
  const [only] = thresholds;
  if (thresholds.size === 1 && only !== undefined) {
    return { series: signals, levels: [{ y: only, name: `threshold ${Number(only.toPrecision(3))}` }] };
  }
  const moving = held.map(({ step, threshold = Number.NaN }) => ({ x: step, y: threshold }));
  return {
    series: moving.length > 0 ? [...signals, { name: 'threshold', points: moving, dashed: true }] : signals,
  };
}

/** Groups in the order of their first members. */
function groupedBy<Value>(
  values: readonly Value[],
  key: (value: Value) => string,
): readonly (readonly Value[])[] {
  const groups = new Map<string, Value[]>();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return [...groups.values()];
}
