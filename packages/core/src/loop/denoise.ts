import type { Ledger } from '../ledger/ledger.js';
import { assertTablesGiven } from '../plan/ask/given.js';
import { explain } from '../plan/explain.js';
import type { PhasePlan, Plan } from '../plan/plan.js';
import { checkProfileFolder } from '../session/profile.js';
import type { RunReport, SettleReport } from '../session/protocol.js';
import { abortError, Room } from '../session/room.js';
import type { HostTensor, Streams } from '../spec/tensor.js';
import { Keeper } from './memory/keep.js';
import { roomKernels } from './memory/room-kernels.js';
import { RowTensors } from './memory/rows.js';
import { TensorStore } from './memory/store.js';
import { assertSameMarks, type RunMarks, runMarks } from './saved/run-marks.js';
import { checkSamePlan, ledgerHead } from './saved/same-plan.js';
import { restoreMemory, type SavedRun, saveMemory } from './saved/saved-run.js';
import { checkGivenValues } from './step/check-latents.js';
import { Decisions } from './step/decisions.js';
import type { Tell } from './step/events.js';
import { assertStepFinite } from './step/finite.js';
import { PhaseSession, type RunMeans } from './step/phase-session.js';

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
  private readonly means: RunMeans;
  private readonly sampling: Keeper;
  private readonly runs: RunReport[] = [];
  private history;
  private heldBytes = 0;
  private marks: Promise<RunMarks> | undefined;

  constructor(
    private readonly request: DenoiseRequest,
    private readonly room: Room,
  ) {
    const { plan, replay, resume, conditions, signal, profile, tell = () => {} } = request;
    if (replay) checkSamePlan(replay, plan, 'replay');
    if (resume) checkSamePlan(resume.ledger, plan, 'resume');
    const store = new TensorStore(room);
    const rowTensors = new RowTensors(store);
    const rows = plan.phases[0]?.rows ?? {};
    const caches = { store, rowTensors, kernels: roomKernels(store, rowTensors, rows), rows };
    const decisions = new Decisions(replay, (row) => tell({ type: 'decision', ...row }));
    if (resume) decisions.restore(resume.ledger.decisions);
    const passes = [...(resume?.ledger.passes ?? [])];
    const lasting = plan.request.plugins.map(() => new Keeper(caches));
    const told = { plan, signal, decisions, passes, tell };
    this.means = { ...caches, ...told, lasting, conditions, profile };
    this.sampling = new Keeper(caches);
    this.history = plan.request.sampler.history(this.sampling);
  }

  async run(): Promise<DenoiseResult> {
    const { plan, resume } = this.request;
    const { tell, decisions, rowTensors, store } = this.means;
    tell({ type: 'plan', text: explain(plan) });
    if (resume) assertSameMarks(resume.marks, await this.marked());
    const from = resume?.step ?? 0;
    let host = resume?.latents ?? this.request.latents;
    for (const phase of plan.phases) {
      if (phase.to > from) host = await this.runPhase(phase, host, Math.max(from, phase.from));
    }
    const unasked = decisions.unasked.length;
    const note = `${unasked} rows of the replayed ledger were never asked for`;
    if (unasked > 0) tell({ type: 'note', text: note });
    for (const keeper of this.crossing) keeper.close();
    rowTensors.close();
    await this.settle();
    const { runs, heldBytes } = this;
    return { latents: host, ledger: this.ledger(), runs, heldBytes, leaked: store.live };
  }

  private async runPhase(
    phase: PhasePlan,
    start: Streams<HostTensor>,
    from: number,
  ): Promise<Streams<HostTensor>> {
    const { resume, signal } = this.request;
    const within = from > phase.from;
    const anew = !within && phase.sampler === 'restart';
    if (anew) this.beginAnew();
    this.means.tell({ type: 'phase', name: phase.name, step: from });
    const session = new PhaseSession(this.means, phase, this.history);
    if (resume?.step === from && !anew) {
      restoreMemory(resume, this.means.store, this.memoryOf(session, !within));
    }
    session.place(start);
    for (let step = from; step < phase.to; step++) {
      signal?.throwIfAborted();
      await session.take(step);
      await this.report(session, step);
    }
    const end = await session.read();
    session.close();
    return end;
  }

  private async report(session: PhaseSession, step: number): Promise<void> {
    const { plan, afterStep, previews } = this.request;
    const { tell } = this.means;
    // Asked for together: the check costs no wait of its own.
    const finite = assertStepFinite(this.room, session.run, step, session.latents);
    const [{ runs, heldBytes }] = await Promise.all([this.settle(), finite]);
    this.heldBytes = Math.max(this.heldBytes, heldBytes);
    const ms = runs.reduce((sum, one) => sum + one.ms, 0);
    const steps = plan.request.schedule.timesteps.length;
    tell({ type: 'step', done: step + 1, steps, ms, etaMs: session.eta.after(step, ms), heldBytes });
    if (previews) tell({ type: 'preview', step, latents: await session.read() });
    await afterStep?.(step, () => this.save(session, step + 1));
  }

  private async save(session: PhaseSession, step: number): Promise<SavedRun> {
    const memory = await saveMemory(this.room, this.memoryOf(session, step === session.run.phase.to));
    const marks = await this.marked();
    return { marks, step, latents: await session.read(), ledger: this.ledger(), ...memory };
  }

  /** Made when a run is first saved or resumed: most are neither. */
  private marked(): Promise<RunMarks> {
    this.marks ??= runMarks(this.request);
    return this.marks;
  }

  /** Between two phases there is only what crosses. */
  private memoryOf({ run }: PhaseSession, between: boolean) {
    const keepers = this.crossing;
    return between
      ? { keepers }
      : { keepers: [...keepers, ...run.keepers], keysValues: run.runner.keysValues };
  }

  /** What goes on from phase to phase. */
  private get crossing(): readonly Keeper[] {
    return [this.sampling, ...this.means.lasting];
  }

  private beginAnew(): void {
    for (const keeper of this.crossing) {
      keeper.close();
      keeper.forget();
    }
    this.history = this.request.plan.request.sampler.history(this.sampling);
  }

  private async settle(): Promise<SettleReport> {
    const report = await this.room.settle();
    this.runs.push(...report.runs);
    return report;
  }

  private ledger(): Ledger {
    const { model, steps } = ledgerHead(this.request.plan);
    const { decisions, passes } = this.means;
    return { version: 1, model, steps, decisions: [...decisions.taken], passes: [...passes] };
  }
}
