import type { Ledger } from '../ledger/ledger.js';
import { explain } from '../plan/explain.js';
import { assertTablesGiven } from '../plan/given.js';
import type { PhasePlan, Plan } from '../plan/plan.js';
import { checkProfileFolder } from '../session/profile.js';
import type { RunReport, SettleReport } from '../session/protocol.js';
import { abortError, Room } from '../session/room.js';
import type { HostTensor, Streams } from '../spec/tensor.js';
import type { CacheMeans } from './cache-means.js';
import { checkGivenValues, checkLatents, wrongLatents } from './check-latents.js';
import { Decisions } from './decisions.js';
import { TimeLeft } from './eta.js';
import type { Tell } from './events.js';
import { assertStepFinite } from './finite.js';
import { Keeper } from './keep.js';
import { PassRunner } from './pass-runner.js';
import type { PhaseRun } from './phase-run.js';
import { phaseRun } from './phase-setup.js';
import { roomKernels } from './room-kernels.js';
import { RowTensors } from './rows.js';
import { assertSameMarks, type RunMarks, runMarks } from './run-marks.js';
import { checkSamePlan, ledgerHead } from './same-plan.js';
import { restoreMemory, type SavedRun, saveMemory } from './saved-run.js';
import { SessionSet } from './session-set.js';
import { stepOnion } from './steps.js';
import { TensorStore } from './store.js';

export interface DenoiseRequest {
  readonly plan: Plan;
  /** Rows `[N, P]` of each stream at the first noise level. */
  readonly latents: Streams<HostTensor>;
  /** Encoded text by key (`cond`, `uncond`), then by the model's condition port. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, HostTensor>>>>;
  /** Threads of a session; 0 (default) lets the runtime choose. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Decisions to take as they stand there; the rest is decided as usual. */
  readonly replay?: Ledger;
  /** Go on from a run that was saved under the same plan, of the same latents and conditions. */
  readonly resume?: SavedRun;
  /** Called after each step with a way to save the run as it stands. */
  readonly afterStep?: (step: number, save: () => Promise<SavedRun>) => void | Promise<void>;
  /** Latents as a preview after each step. Costs a read-back. Default false. */
  readonly previews?: boolean;
  /** An empty folder: the runtime writes there what it executes, for `readProfile`. Costs a few percent. */
  readonly profile?: string;
  readonly tell?: Tell;
}

export interface DenoiseResult {
  /** Rows `[N, P]` of each stream. */
  readonly latents: Streams<HostTensor>;
  readonly ledger: Ledger;
  /** What ran in the runtime, with its milliseconds. */
  readonly runs: readonly RunReport[];
  /** Most bytes of tensors that were held from one step to the next: caches, latents, what a run makes once. */
  readonly heldBytes: number;
  /** Tensors that were still held when everything was released; 0 unless something leaks. */
  readonly leaked: number;
}

/** The one loop: latents(0) → latents(steps), in a thread of its own. */
export async function denoise(request: DenoiseRequest): Promise<DenoiseResult> {
  const { signal } = request;
  if (signal?.aborted) throw abortError(signal.reason);
  if (request.profile !== undefined) await checkProfileFolder(request.profile);
  const { phases } = request.plan.request;
  for (const phase of phases) assertTablesGiven(phase);
  checkGivenValues({ ...request, given: phases.map(({ given = {} }) => given) });
  for (const { name, weights } of phases) {
    const note = (text: string) => request.tell?.({ type: 'note', text: `${name}: ${text}` });
    await weights.conversion?.make(note, signal);
  }
  const { device } = request.plan.request.settings;
  const room = new Room({ device, threads: request.threads ?? 0 });
  const onAbort = (): void => room.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await new Denoising(request, room).run();
  } catch (error) {
    // Whoever noticed first: the loop, a plugin's own wait, or the runtime.
    throw signal?.aborted ? abortError(signal.reason) : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await room.close();
  }
}

/** One run while it goes on. */
class Denoising {
  private readonly store: TensorStore;
  private readonly sampling: Keeper;
  /** What each plugin keeps from phase to phase, in list order. */
  private readonly lasting: readonly Keeper[];
  private readonly decisions: Decisions;
  private readonly passes: Ledger['passes'];
  private readonly runs: RunReport[] = [];
  private readonly tell: Tell;
  private history;
  private heldBytes = 0;
  private marks: Promise<RunMarks> | undefined;

  constructor(
    private readonly request: DenoiseRequest,
    private readonly room: Room,
  ) {
    const { plan, replay, resume } = request;
    this.tell = request.tell ?? (() => {});
    this.store = new TensorStore(room);
    const means = cacheMeans(this.store, plan.phases[0]?.rows ?? {});
    this.sampling = new Keeper(means);
    this.lasting = plan.request.plugins.map(() => new Keeper(means));
    this.history = plan.request.sampler.history(this.sampling);
    if (replay) checkSamePlan(replay, plan, 'replay');
    if (resume) checkSamePlan(resume.ledger, plan, 'resume');
    this.decisions = new Decisions(replay, (row) => this.tell({ type: 'decision', ...row }));
    this.passes = [...(resume?.ledger.passes ?? [])];
    if (resume) this.decisions.restore(resume.ledger.decisions);
  }

  async run(): Promise<DenoiseResult> {
    const { plan, resume } = this.request;
    this.tell({ type: 'plan', text: explain(plan) });
    if (resume) assertSameMarks(resume.marks, await this.marked());
    const from = resume?.step ?? 0;
    let host = resume?.latents ?? this.request.latents;
    for (const phase of plan.phases) {
      if (phase.phase.to > from) host = await this.runPhase(phase, host, Math.max(from, phase.phase.from));
    }
    const unasked = this.decisions.unasked.length;
    const note = `${unasked} rows of the replayed ledger were never asked for`;
    if (unasked > 0) this.tell({ type: 'note', text: note });
    for (const keeper of this.crossing) keeper.close();
    await this.settle();
    return {
      latents: host,
      ledger: this.ledger(),
      runs: this.runs,
      heldBytes: this.heldBytes,
      leaked: this.store.live,
    };
  }

  /** A phase has its own sessions, row counts and plugin state; latents come and go as host arrays. */
  private async runPhase(
    phase: PhasePlan,
    start: Streams<HostTensor>,
    from: number,
  ): Promise<Streams<HostTensor>> {
    const { plan, resume, signal, conditions } = this.request;
    const { phase: asked } = phase;
    const within = from > asked.from;
    const resumed = resume?.step === from ? resume : undefined;
    const anew = !within && asked.sampler === 'restart';
    if (anew) this.beginAnew();
    this.tell({ type: 'phase', name: asked.name, step: from });
    const means = cacheMeans(this.store, phase.rows);
    const { rowTensors } = means;
    const sessions = new SessionSet(this.room, phase, plan.request.settings.weights, this.request.profile);
    const runner = new PassRunner({
      phase,
      grid: plan.request.grid,
      store: this.store,
      rowTensors,
      sessions,
      conditions,
    });
    const { decisions, history, passes, tell, lasting } = this;
    const run = phaseRun({ plan, phase, runner, means, lasting, decisions, history, passes, tell, signal });
    const memory = within ? this.memoryOf(run) : { keepers: this.crossing };
    if (resumed && !anew) restoreMemory(resumed, this.store, memory);
    let latents = this.place(phase, start);
    const advance = stepOnion(run);
    const eta = new TimeLeft(plan.request.schedule.timesteps.length, (step) => expectedShare(run, step));
    for (let step = from; step < asked.to; step++) {
      signal?.throwIfAborted();
      latents = await this.oneStep(run, step, latents, advance);
      rowTensors.endStep();
      await this.report(run, step, latents, eta);
    }
    const end = await this.readAll(latents);
    for (const tensor of Object.values(latents)) this.store.release(tensor);
    for (const keeper of run.keepers) keeper.close();
    run.pinned.close();
    runner.close();
    rowTensors.close();
    sessions.release();
    return end;
  }

  /** Latents change hands: the old ones go with their step, the new ones outlive it. */
  private async oneStep(
    run: PhaseRun,
    step: number,
    before: Streams,
    advance: (step: number, latents: Streams) => Promise<Streams>,
  ): Promise<Streams> {
    const after = await advance(step, before);
    checkLatents(before, after, step);
    for (const tensor of Object.values(after)) this.store.retain(tensor);
    for (const tensor of Object.values(before)) this.store.release(tensor);
    run.runner.endStep();
    run.pinned.endStep();
    this.store.endStep();
    return after;
  }

  private async report(run: PhaseRun, step: number, latents: Streams, eta: TimeLeft): Promise<void> {
    const { plan, afterStep, previews } = this.request;
    // Asked for together: the check costs no wait of its own.
    const finite = assertStepFinite(this.room, run, step, latents);
    const [{ runs, heldBytes }] = await Promise.all([this.settle(), finite]);
    this.heldBytes = Math.max(this.heldBytes, heldBytes);
    const ms = runs.reduce((sum, one) => sum + one.ms, 0);
    const steps = plan.request.schedule.timesteps.length;
    this.tell({ type: 'step', done: step + 1, steps, ms, etaMs: eta.after(step, ms), heldBytes });
    if (previews) this.tell({ type: 'preview', step, latents: await this.readAll(latents) });
    await afterStep?.(step, () => this.save(run, step + 1, latents));
  }

  private async save(run: PhaseRun, step: number, latents: Streams): Promise<SavedRun> {
    const ends = step === run.phase.phase.to;
    const memory = await saveMemory(this.room, ends ? { keepers: this.crossing } : this.memoryOf(run));
    const marks = await this.marked();
    return { marks, step, latents: await this.readAll(latents), ledger: this.ledger(), ...memory };
  }

  /** Made when a run is first saved or resumed: most are neither. */
  private marked(): Promise<RunMarks> {
    this.marks ??= runMarks(this.request);
    return this.marks;
  }

  private memoryOf(run: PhaseRun) {
    return { keepers: [...this.crossing, ...run.keepers], rowCaches: run.runner.caches };
  }

  /** What goes on from phase to phase. */
  private get crossing(): readonly Keeper[] {
    return [this.sampling, ...this.lasting];
  }

  private beginAnew(): void {
    for (const keeper of this.crossing) {
      keeper.close();
      keeper.forget();
    }
    this.history = this.request.plan.request.sampler.history(this.sampling);
  }

  private place({ phase, rows }: PhasePlan, latents: Streams<HostTensor>): Streams {
    return Object.fromEntries(
      Object.entries(rows).map(([stream, n]) => {
        const host = latents[stream];
        const shape = [n, phase.spec.streams[stream]?.patch ?? 0];
        if (host?.shape.join() !== shape.join() || host.type !== 'float32')
          throw wrongLatents(stream, shape, host);
        const tensor = this.store.put(host);
        this.store.retain(tensor);
        this.store.drop(tensor);
        return [stream, tensor];
      }),
    );
  }

  private async readAll(streams: Streams): Promise<Streams<HostTensor>> {
    const read = Object.entries(streams).map(
      async ([name, tensor]) => [name, await this.room.read(tensor.id)] as const,
    );
    return Object.fromEntries(await Promise.all(read));
  }

  private async settle(): Promise<SettleReport> {
    const report = await this.room.settle();
    this.runs.push(...report.runs);
    return report;
  }

  private ledger(): Ledger {
    const { model, steps } = ledgerHead(this.request.plan);
    return { version: 1, model, steps, decisions: [...this.decisions.taken], passes: [...this.passes] };
  }
}

function cacheMeans(store: TensorStore, rows: Streams<number>): CacheMeans {
  const rowTensors = new RowTensors(store);
  return { store, rowTensors, kernels: roomKernels(store, rowTensors, rows), rows };
}

function expectedShare(run: PhaseRun, step: number): number {
  return run.hooks.reduce((share, { hooks }) => share * (hooks.expectedShare?.(step) ?? 1), 1);
}
