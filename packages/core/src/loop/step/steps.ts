import { SkipstoneError } from '../../error.js';
import { stepNoise } from '../../noise/step-noise.js';
import { leadersFirst } from '../../plan/ask/leaders.js';
import { clockRowsOf, isTaken } from '../../plan/ask/outlook.js';
import type { PassPlan } from '../../plan/cut/pass-plan.js';
import type { Branch } from '../../spec/guidance.js';
import type { ClockRows } from '../../spec/model.js';
import type {
  AdvanceCall,
  BlockCall,
  EvaluateCall,
  ForwardCall,
  Next,
  StepCall,
  TrunkCall,
} from '../../spec/plugin.js';
import type { Streams } from '../../spec/tensor.js';
import { allRowsOf, checkRows, countRows, isAll } from '../memory/rows.js';
import type { Cursor } from '../pass/cursor.js';
import { layer } from './onion.js';
import { computedLatents, forgetOthers, type PhaseRun, recordPassOf } from './phase-run.js';

/** The onion of one phase: how latents(i) become latents(i+1). The only place where hooks are called. */
export function stepOnion(run: PhaseRun): (step: number, latents: Streams) => Promise<Streams> {
  const { hooks } = run;
  const own = <Call extends StepCall>(plugin: string, call: Call): Call => {
    const branch = (call as Partial<ForwardCall>).branch;
    const index = (call as Partial<BlockCall>).index;
    const { step, branches } = call;
    const place = { step, branches, ...(branch === undefined ? {} : { branch }) };
    const at = index === undefined ? '' : `blocks.${index}.`;
    const decides = run.decisions.followed(plugin, place) === undefined;
    return { ...call, decides, decide: (key, fn) => run.decisions.decide(plugin, place, at + key, fn) };
  };
  const blocks = hooks.some((plugin) => plugin.hooks.block);
  const onlyHere = hooks.some((plugin) => plugin.hooks.trunk) || blocks;

  const blockOnion = layer<BlockCall>('block', hooks, own, (call) =>
    call.cursor.advance(`blocks.${call.index}`),
  );
  const trunkOnion = layer<TrunkCall>('trunk', hooks, own, (call) =>
    blocks ? eachBlock(run, call, blockOnion) : call.cursor.advance('trunk'),
  );
  const forwardOnion = layer<ForwardCall>('forward', hooks, own, (call) =>
    forward(run, call, onlyHere ? trunkOnion : undefined),
  );
  const evaluateOnion = layer<EvaluateCall>('evaluate', hooks, own, (call) =>
    evaluate(run, call, forwardOnion),
  );
  const advanceOnion = layer<AdvanceCall>('advance', hooks, own, (call) => advance(run, call));

  return (step, latents) => {
    const { sigmas } = run.plan.request.schedule;
    const sigma = sigmas[step] ?? 0;
    const branches = branchesAt(run, step, sigma).map((branch) => branch.name);
    run.gathered = undefined;
    forgetOthers(run, branches);
    const sigmaNext = sigmas[step + 1] ?? 0;
    if (!isTaken(run.plan.request, step)) return Promise.resolve(latents);
    const call: AdvanceCall = {
      step,
      sigma,
      sigmaNext,
      latents,
      rows: allRowsOf(Object.keys(latents)),
      branches,
      decides: true,
      decide: (key, fn) => run.decisions.decide('core', { step, branches }, key, fn),
      evaluate: evaluateOnion,
    };
    return advanceOnion(call);
  };
}

/** The branches of a step, in the order they run in. */
function branchesAt(run: PhaseRun, step: number, sigma: number): readonly Branch[] {
  return leadersFirst(run.phase.guidance.at({ step, sigma }), run.decisions.leaders);
}

/** The sampler's step, over all rows, or over those of the call where it has no memory. */
async function advance(run: PhaseRun, call: AdvanceCall): Promise<Streams> {
  const { sampler, schedule } = run.plan.request;
  const v = await call.evaluate(call);
  const { kernels } = run;
  const some = Object.entries(call.rows).some(([stream, rows]) => !isAll(rows, run.phase.rows[stream] ?? 0));
  if (some && sampler.memory > 0) throw partOfHistory(sampler.name);
  const x = computedLatents(run, call);
  const left = schedule.timesteps.length - 1 - call.step;
  const next = sampler.step({
    x,
    v,
    from: call.sigma,
    to: call.sigmaNext,
    left,
    history: run.history,
    kernels,
    ...(sampler.seed === undefined ? {} : { noise: () => freshNoise(run, call, sampler.seed ?? 0) }),
  });
  return kernels.scatter(call.latents, call.rows, next);
}

/** Noise of the rows of a call: that of all rows is drawn, so that no row's depends on which others are computed. */
function freshNoise(run: PhaseRun, { step, latents, rows }: StepCall, seed: number): Streams {
  const shapes = Object.fromEntries(Object.entries(latents).map(([stream, { shape }]) => [stream, shape]));
  const drawn = Object.entries(stepNoise(seed, step, shapes));
  return run.kernels.gather(Object.fromEntries(drawn.map(([s, host]) => [s, run.put(host)])), rows);
}

/** One pass a branch, then guidance. */
async function evaluate(
  run: PhaseRun,
  call: EvaluateCall,
  forwardOnion: Next<ForwardCall>,
): Promise<Streams> {
  const wrong = checkRows(call.rows, run.phase.rows);
  if (wrong) throw wrongRows(wrong);
  const none = Object.entries(call.rows).find(([s, rows]) => countRows(rows, run.phase.rows[s] ?? 0) === 0);
  if (none) throw wrongRows(`no row of ${none[0]}`);
  const predictions: Record<string, Streams> = {};
  const present = branchesAt(run, call.step, call.sigma).map(({ name }) => name);
  const left = call.branches.find((name) => !present.includes(name));
  if (left !== undefined || call.branches.length === 0) throw wrongBranches(call.branches, present);
  forgetOthers(run, call.branches);
  const read = run.pinned.prepare(call.latents);
  const branches = present.filter((name) => call.branches.includes(name));
  for (const branch of branches) {
    run.signal?.throwIfAborted();
    predictions[branch] = await predict(run, { ...call, branches, branch, latents: read }, forwardOnion);
    run.runner.endPasses();
  }
  run.forks.close();
  const latents = computedLatents(run, { ...call, latents: read });
  const { guidance } = run.phase;
  const { step, sigma } = call;
  const guided = await guidance.combine({ step, sigma, latents, predictions, kernels: run.kernels });
  return run.pinned.restore(call, guided);
}

/** One branch through its layers. A pass whose graphs compute all rows does so, and those of the call are taken. */
async function predict(run: PhaseRun, call: ForwardCall, forward: Next<ForwardCall>): Promise<Streams> {
  if (passOf(run, call.branch).rows) return forward(call);
  const all = await forward({ ...call, rows: allRowsOf(Object.keys(call.latents)) });
  return run.kernels.gather(all, call.rows);
}

/** One branch: gather its rows, compute. A forked branch goes on from where another one stood. */
async function forward(
  run: PhaseRun,
  call: ForwardCall,
  trunk: Next<TrunkCall> | undefined,
): Promise<Streams> {
  const { step, rows, branch, branches } = call;
  const pass = passOf(run, branch);
  const latents = computedLatents(run, call);
  const clocks = clocksAt(run, call);
  const forks = run.forks.of(branch, branches);
  const cursor = run.runner.begin({ step, branch, rows, latents, clocks }, pass, forks);
  const out = trunk ? await throughTrunk(call, cursor, trunk) : await cursor.finish();
  run.forks.keep(branch, branches, cursor);
  recordPassOf(run, call, cursor);
  return out;
}

async function throughTrunk(call: ForwardCall, cursor: Cursor, trunk: Next<TrunkCall>): Promise<Streams> {
  const hidden = await cursor.advance('embed');
  const out = await trunk({ ...call, hidden, cursor });
  if (cursor.at !== 'end') await cursor.jump('trunk', out);
  return cursor.finish();
}

/**
 * The trunk, one block after another, each through its layers. Blocks that a plugin further out went by are done,
 * and so are those before a fork.
 */
async function eachBlock(run: PhaseRun, call: TrunkCall, block: Next<BlockCall>): Promise<Streams> {
  const { blocks } = run.phase.spec;
  const { stations } = passOf(run, call.branch);
  const order = (station: string): number => stations.get(station)?.order ?? 0;
  const from = Math.max(order(call.cursor.at), order(run.forks.startOf(call.branch) ?? ''));
  let index = 0;
  while (index < blocks && order(`blocks.${index}`) <= from) index++;
  let hidden = index === 0 ? call.hidden : await call.cursor.advance(`blocks.${index - 1}`);
  for (; index < blocks; index++) {
    hidden = await block({ ...call, index, hidden });
    await call.cursor.jump(`blocks.${index}`, hidden);
  }
  return call.cursor.jump('trunk', hidden);
}

/** The graphs of a branch's pass. */
function passOf(run: PhaseRun, name: string): PassPlan {
  const pass = run.phase.branches.get(name);
  if (pass) return pass;
  throw new TypeError(`the plan has no pass for branch ${name}`);
}

function clocksAt(run: PhaseRun, { step, sigma }: ForwardCall): Readonly<Record<string, ClockRows>> {
  const timestep = run.plan.request.schedule.timesteps[step] ?? 0;
  const { rows, spec } = run.phase;
  return clockRowsOf(spec, { step, timestep, sigma, rows, pinned: run.pinned.rows });
}

function wrongRows(have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'rows',
    what: 'the rows to compute are not rows of the streams',
    have,
    need: 'ascending row ids of each stream, at least one, or "all"',
    do: 'skip the evaluation of a step that has no active row, and sort the rows',
  });
}

function wrongBranches(have: readonly string[], present: readonly string[]): SkipstoneError {
  return new SkipstoneError({
    code: 'branches',
    what: 'the branches to run are not branches of this step',
    have: have.join(', ') || 'none',
    need: `some of ${present.join(', ')}`,
    do: 'hand on call.branches, or fewer of them',
  });
}

function partOfHistory(sampler: string): SkipstoneError {
  return new SkipstoneError({
    code: 'sampler-rows',
    what: `${sampler} cannot move some rows only: its history is of all rows`,
    have: 'a subset of rows in the advance hook',
    need: 'a history for each group of rows, on its own grid',
    do: 'call sampler.step for each group in the advance hook, or use euler',
  });
}
