import { cfg } from '../../guidance/cfg.js';
import { makePlan, type PhaseRequest, type Plan, type PlanRequest } from '../../plan/plan.js';
import { euler } from '../../sampler/euler.js';
import { scheduleNamed } from '../../schedule/schedules.js';
import { CONTRACT, type Needs, type Plugin } from '../../spec/plugin.js';
import { toySpec } from '../toy/spec.js';
import { pretendWeights } from './wan-like.js';

const STEPS = 4;

/** A plugin that does nothing but need. */
export const asking = (needs: Needs, name = 'somebody'): Plugin => ({
  name,
  contract: CONTRACT,
  needs: () => needs,
  setup: () => ({}),
});

/** The toy in one phase under plain guidance. */
export const phaseOf = (phase: Partial<PhaseRequest> = {}): PhaseRequest => ({
  name: 'all',
  spec: toySpec,
  weights: pretendWeights(),
  from: 0,
  to: STEPS,
  guidance: cfg({ scale: 4 }),
  ...phase,
});

/** A plan of that phase. */
export const planFor = (request: Partial<PlanRequest> = {}, phase: Partial<PhaseRequest> = {}): Plan =>
  makePlan({
    phases: [phaseOf(phase)],
    grid: { frames: 3, height: 2, width: 2 },
    lengths: { S: 3 },
    schedule: scheduleNamed('euler-flow', { steps: STEPS, shift: 3 }),
    sampler: euler(),
    plugins: [],
    settings: {
      device: 'cpu',
      compute: 'float32',
      weights: 'packed',
      decompose: new Set(),
      flopsPerSecond: 1e9,
    },
    ...request,
  });

/** The first phase of a plan. */
export const passOf = (plan: Plan, variant = 'plain') => {
  const pass = plan.phases[0]?.passes.get(variant);
  if (!pass) throw new Error(`no ${variant}`);
  return pass;
};
