import type { AdvanceCall, Hooks, Rows, SamplerHistory, Setup, Streams } from '@skipstone/core';
import type { RunPlan } from './run-plan.js';
import { hasNone } from './streams.js';
import type { TokenGroups } from './token-groups.js';

/**
 * For samplers with memory: each group is integrated on its own grid, the noise levels of its active steps
 * followed by that of the end, with its own history, exactly as the plain sampler would on that grid. The
 * latents of idle tokens stay where their last step led until they are due.
 *
 * All tokens share one history until the groups are known; then every group gets its rows of it.
 */
export function ownGrids(
  run: Setup,
  plan: RunPlan,
  tokens: TokenGroups,
  groups: number,
): NonNullable<Hooks['advance']> {
  const { sampler, kernels, sigmas, steps, lasting } = run;
  const shared = sampler.history(lasting);
  const own = Array.from({ length: groups + 1 }, () => sampler.history(lasting));
  const divided = lasting.cell<boolean>(false);

  const move = (
    call: AdvanceCall,
    v: Streams,
    rows: Rows,
    [to, left]: readonly [number, number],
    history: SamplerHistory,
  ): Streams => {
    const [x, velocity] = [call.latents, v].map((all) => kernels.gather(presentIn(all, rows), rows));
    if (!x || !velocity) throw new TypeError('no latents');
    const [from, sigma] = [call.sigma, sigmas[to] ?? 0];
    const moved = sampler.step({ x, v: velocity, from, to: sigma, left, history, kernels });
    return { ...call.latents, ...kernels.scatter(presentIn(call.latents, rows), rows, moved) };
  };
  /** Where a group steps to, and how many of its steps follow. All tokens of streams that are not allocated take every step. */
  const ahead = (step: number, k: number): readonly [number, number] => {
    if (k >= groups) return [step + 1, steps - step - 1];
    const to = plan.table.next(step, k);
    let left = 0;
    for (let at = to; at < steps; at = plan.table.next(at, k)) left++;
    return [to, left];
  };
  const divide = (list: readonly Streams<Int32Array>[]): void => {
    list.forEach((rows, k) => {
      const history = own[k];
      if (!history) return;
      history.cell.value = [...shared.cell.value];
      shared.slots.forEach((slot, s) => {
        const held = slot.get();
        history.slots[s]?.set(held && kernels.gather(presentIn(held, rows), rows));
      });
    });
    for (const slot of shared.slots) slot.set(undefined);
    divided.value = true;
  };

  return async (call) => {
    const v = await call.evaluate(call);
    const list = tokens.groups;
    if (!list) return move(call, v, call.rows, ahead(call.step, groups), shared);
    // Until now every token took every step, this one too.
    const all = !divided.value;
    if (all) divide(list);
    // The last of them, if it is there, is of streams that are not allocated.
    const due = [...plan.table.due(call.step), true];
    let latents = call.latents;
    list.forEach((rows, k) => {
      const history = own[k];
      if (!history || !(all || due[k]) || hasNone(rows)) return;
      latents = move({ ...call, latents }, v, rows, ahead(call.step, k), history);
    });
    return latents;
  };
}

/** Streams of which some rows are meant. */
const presentIn = (all: Streams, rows: Rows): Streams =>
  Object.fromEntries(Object.entries(all).filter(([stream]) => rows[stream]?.length !== 0));
