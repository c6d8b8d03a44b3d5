import { SkipstoneError } from '../../error.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Plan } from '../../plan/plan.js';

/** What a ledger says of the run it is of. */
export function ledgerHead({ request }: Plan): Pick<Ledger, 'model' | 'steps'> {
  const model = request.phases.map((phase) => phase.spec.name).join(' → ');
  return { model, steps: request.schedule.timesteps.length };
}

/** A ledger to replay or a run to resume is of this model, in as many steps. */
export function checkSamePlan(ledger: Ledger, plan: Plan, to: 'replay' | 'resume'): void {
  const { model, steps } = ledgerHead(plan);
  if (ledger.model === model && ledger.steps === steps) return;
  throw new SkipstoneError({
    code: `${to}-plan`,
    what: `the ${to === 'replay' ? 'ledger' : 'run'} to ${to} is of another run`,
    have: `${ledger.model}, ${ledger.steps} steps`,
    need: `${model}, ${steps} steps`,
    do: `${to} it with the model and the number of steps it was written with`,
  });
}
