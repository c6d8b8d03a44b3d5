import type { PhasePlan } from '../../plan/plan.js';
import type { SamplerHistory } from '../../spec/sampler.js';
import type { HostTensor, Streams } from '../../spec/tensor.js';
import type { Keeper } from '../memory/keep.js';
import type { CacheMeans } from '../memory/rows.js';
import type { PassMeans } from '../pass/pass-means.js';
import { PassRunner } from '../pass/pass-runner.js';
import { SessionSet } from '../pass/session-set.js';
import { checkLatents, wrongLatents } from './check-latents.js';
import { TimeLeft } from './eta.js';
import type { PhaseRun } from './phase-run.js';
import { phaseRun } from './phase-setup.js';
import { stepOnion } from './steps.js';

/** What the phases of a run share. */
export interface RunMeans
  extends CacheMeans,
    Pick<PassMeans, 'conditions'>,
    Pick<PhaseRun, 'plan' | 'signal' | 'decisions' | 'passes' | 'tell'> {
  /** What each plugin keeps from phase to phase, in list order. */
  readonly lasting: readonly Keeper[];
  readonly profile: string | undefined;
}

/**
 * A phase while it runs: sessions of its weights, its passes, hooks and memory, and the latents that it moves. One
 * `close` gives all of it back; latents come and go as host arrays.
 */
export class PhaseSession {
  readonly run: PhaseRun;
  readonly eta: TimeLeft;
  private readonly sessions: SessionSet;
  private readonly advance: (step: number, latents: Streams) => Promise<Streams>;
  private held: Streams = {};

  constructor(
    private readonly means: RunMeans,
    phase: PhasePlan,
    history: SamplerHistory,
  ) {
    const { plan, signal, decisions, passes, tell, lasting } = means;
    const { store, rowTensors, conditions, profile } = means;
    const { grid, settings, schedule } = plan.request;
    this.sessions = new SessionSet(store.room, phase, settings.weights, profile);
    const runner = new PassRunner({ phase, grid, store, rowTensors, sessions: this.sessions, conditions });
    this.run = phaseRun({ plan, phase, runner, means, lasting, decisions, history, passes, tell, signal });
    this.advance = stepOnion(this.run);
    const share = (step: number): number =>
      this.run.hooks.reduce((product, { hooks }) => product * (hooks.expectedShare?.(step) ?? 1), 1);
    this.eta = new TimeLeft(schedule.timesteps.length, share);
  }

  get latents(): Streams {
    return this.held;
  }

  /** Takes in the latents that the phase begins with, rows `[N, P]` of each stream. */
  place(latents: Streams<HostTensor>): void {
    const { spec, rows } = this.run.phase;
    const entries = Object.entries(rows).map(([stream, n]) => {
      const host = latents[stream];
      const shape = [n, spec.streams[stream]?.patch ?? 0];
      if (host?.shape.join() !== shape.join() || host.type !== 'float32')
        throw wrongLatents(stream, shape, host);
      return [stream, this.means.store.keep(host)] as const;
    });
    this.held = Object.fromEntries(entries);
  }

  /** One step. Latents change hands: the old ones go with it, the new ones outlive it. */
  async take(step: number): Promise<void> {
    const { store, rowTensors } = this.means;
    const before = this.held;
    const after = await this.advance(step, before);
    checkLatents(before, after, step);
    for (const tensor of Object.values(after)) store.retain(tensor);
    for (const tensor of Object.values(before)) store.release(tensor);
    this.held = after;
    this.run.runner.endStep();
    this.run.pinned.endStep();
    store.endStep();
    rowTensors.endStep();
  }

  /** Latents as host arrays. */
  async read(): Promise<Streams<HostTensor>> {
    const { room } = this.means.store;
    const read = Object.entries(this.held).map(
      async ([name, tensor]) => [name, await room.read(tensor.id)] as const,
    );
    return Object.fromEntries(await Promise.all(read));
  }

  close(): void {
    for (const tensor of Object.values(this.held)) this.means.store.release(tensor);
    for (const keeper of this.run.keepers) keeper.close();
    this.run.pinned.close();
    this.run.runner.close();
    this.sessions.release();
  }
}
