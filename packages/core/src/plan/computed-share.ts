import type { Ledger, PassRecord } from '../ledger/ledger.js';
import { isTaken } from './ask/outlook.js';
import { hoistedRuns } from './cut/hoisted.js';
import type { Span } from './cut/span.js';
import { workOf } from './cut/work.js';
import type { PhasePlan, Plan } from './plan.js';

/** How much of the work of a run was computed, by counting operations: nothing is measured. */
export interface ComputedShare {
  /** One entry a pass of the ledger: its share of a full step's work, 0 to 1, work that is done once a run left out. */
  readonly passes: readonly number[];
  /** Share of the whole run's work, 0 to 1. Its inverse is the speed-up to expect. */
  readonly whole: number;
}

/** Holds the spans and rows that a run computed against those it would have computed without plugins. */
export function computedShare(plan: Plan, ledger: Ledger): ComputedShare {
  let [done, all] = [0, 0];
  const full = plan.phases.map((phase) => phaseWork(phase, plan, ledger));
  for (const i of plan.phases.keys()) {
    const { steps, once } = full[i] ?? { steps: [], once: 0 };
    all += once + steps.reduce((sum, step) => sum + step, 0);
    done += once;
  }
  const passes = ledger.passes.map((record) => {
    const at = plan.phases.findIndex(({ from, to }) => record.step >= from && record.step < to);
    const phase = plan.phases[at];
    if (!phase) return 0;
    const work = workOfPass(phase, record);
    done += work;
    return work / (full[at]?.steps[record.step - phase.from] ?? 1);
  });
  return { passes, whole: done / all };
}

/** Operations of a phase without plugins: of each of its steps, and once for all. */
function phaseWork(phase: PhasePlan, plan: Plan, ledger: Ledger): { steps: readonly number[]; once: number } {
  const { from, to, guidance } = phase;
  const of = (spans: readonly Span[]): number =>
    spans.flatMap((span) => span.nodes).reduce((sum, node) => sum + workOf(node, phase.sizes), 0);
  const once = of(hoistedRuns(guidance.branches, phase.branches, 'run'));
  const steps = Array.from({ length: to - from }, (_, i) => {
    const step = from + i;
    if (!isTaken(plan.request, step)) return 0;
    const branches = guidance.at({ step, sigma: plan.request.schedule.sigmas[step] ?? 0 });
    const whole = branches.filter(({ fork }) => !fork);
    return branches.reduce(
      (sum, { name, fork }) => {
        if (!fork) return sum + of(phase.branches.get(name)?.pass ?? []);
        const own = ledger.passes.filter((record) => record.branch === name);
        return sum + Math.max(0, ...own.map((record) => workOfPass(phase, record)));
      },
      of(hoistedRuns(whole, phase.branches, 'step')),
    );
  });
  return { steps, once };
}

/** Operations of a pass, for the rows it computed; what lasts for the run is not counted. */
function workOfPass(phase: PhasePlan, record: PassRecord): number {
  const pass = phase.branches.get(record.branch);
  const sizes = new Map(phase.sizes);
  for (const [stream, rows] of Object.entries(record.rows)) sizes.set(`A.${stream}`, rows);
  return record.spans
    .flatMap((id) => [...(pass?.step ?? []), ...(pass?.pass ?? [])].filter((span) => span.id === id))
    .flatMap((span) => openNodes(span, record.closed))
    .reduce((sum, node) => sum + workOf(node, sizes), 0);
}

function openNodes(span: Span, closed: readonly string[]): Span['nodes'] {
  const off = span.gates.filter((gate) => closed.includes(gate.open));
  return span.nodes.filter((node) => !off.some((gate) => gate.nodes.has(node)));
}
