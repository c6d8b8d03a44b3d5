import type { Guidance } from '../spec/guidance.js';
import { branchFault } from './branch-fault.js';

/**
 * The same guidance with some branches left out at some steps: `branches` names those that run at a step, the
 * leader always among them. What a branch that is left out means for the result is the guidance's own matter.
 *
 * `during(cfg({ scale: 5 }), (step) => (step < 5 ? ['cond', 'uncond'] : ['cond']))` guides the first five steps
 * only (an interval of guidance, arXiv:2404.07724).
 */
export function during(
  guidance: Guidance,
  branches: (step: number, sigma: number) => readonly string[],
): Guidance {
  const known = guidance.branches.map((branch) => branch.name);
  const [leader = ''] = known;
  return {
    ...guidance,
    at: (call) => {
      const named = branches(call.step, call.sigma);
      const unknown = named.find((name) => !known.includes(name));
      if (unknown !== undefined)
        throw branchFault(guidance.name, unknown, known, 'branches of this guidance');
      if (!named.includes(leader)) {
        throw branchFault(
          guidance.name,
          leader,
          named,
          `the leader at every step, also at step ${call.step}`,
        );
      }
      return guidance.at(call).filter((branch) => named.includes(branch.name));
    },
  };
}
