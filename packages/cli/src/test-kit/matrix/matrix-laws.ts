import {
  cfg,
  type DenoiseRequest,
  type DenoiseResult,
  type PassRecord,
  type SavedRun,
} from '@skipstone/core';
import { during, hold, runOn, type Subject, type SubjectRun, sameBytes } from '@skipstone/core/testing';
import { branchesOf } from './acting.js';

/** Runs a cell of the matrix. */
export type RunCell = (more?: Partial<DenoiseRequest>) => Promise<DenoiseResult>;

/** Saves a run after a step and aborts it there: it ends, and nothing of it is left. */
export async function savedAndAborted(run: RunCell, at: number): Promise<SavedRun> {
  const threads = liveThreads();
  const abort = new AbortController();
  let last = -1;
  let saved: SavedRun | undefined;
  const afterStep = async (step: number, save: () => Promise<SavedRun>): Promise<void> => {
    last = step;
    if (step !== at) return;
    saved = await save();
    abort.abort();
  };
  const end = await run({ signal: abort.signal, afterStep }).then(
    () => 'it went on to its end',
    (error: Error) => error.name,
  );
  hold(end === 'AbortError', `aborted after step ${at}: ${end}`);
  hold(last === at, `aborted after step ${at}, it went on to ${last}`);
  hold(liveThreads() <= threads, 'a thread of an aborted run is alive');
  if (!saved) throw new Error('nothing was saved');
  return saved;
}

const liveThreads = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length;

/** A run that goes on from a save, to the bytes and decisions of the whole one. */
export async function resumesAs(whole: DenoiseResult, run: RunCell, resume: SavedRun): Promise<void> {
  const resumed = await run({ resume });
  hold(sameBytes(resumed.latents, whole.latents), 'a run that goes on from a save is another one');
  same('decisions of a run that goes on', resumed.ledger.decisions, whole.ledger.decisions);
  hold(resumed.leaked === 0, `${resumed.leaked} tensors are still held`);
}

/** Replayed from its ledger: the same bytes, and what plugins measure on the way, again. */
export async function replaysAs(whole: DenoiseResult, run: RunCell): Promise<void> {
  const replayed = await run({ replay: whole.ledger });
  hold(sameBytes(replayed.latents, whole.latents), 'latents differ from those of the run that is replayed');
  same('ledger of a replay', replayed.ledger, whole.ledger);
}

/** The last branch is left out of a step: when it is back it computes everything, whatever was kept of it. */
export async function comesBackWhole(subject: Subject, run: SubjectRun, missing: number): Promise<void> {
  const guidance = subject.guidance ?? cfg({ scale: 4 });
  const names = branchesOf(subject);
  const gone = names.at(-1) ?? '';
  const left = during(guidance, (step) => (step === missing ? names.slice(0, -1) : names));
  const { ledger, leaked } = await runOn(subject, { ...run, guidance: left });
  const own = ledger.passes.filter((pass) => pass.branch === gone);
  hold(!own.some(({ step }) => step === missing), `${gone} ran at step ${missing}`);
  const [first, back] = [own[0], own.find(({ step }) => step === missing + 1)];
  same(`rows of ${gone} when it is back`, back?.rows, first?.rows);
  const computed = passSpans(back);
  const full = Math.max(...own.map((pass) => passSpans(pass).length));
  hold(computed.length === full, `${gone} came back with ${computed.join(', ')} only`);
  hold(back?.closed.length === 0, `${gone} came back with ${back?.closed.join(', ')} closed`);
  hold(leaked === 0, `${leaked} tensors are still held`);
}

/** What a pass computed itself, without what is computed once a run or a step. */
const passSpans = (pass: PassRecord | undefined): readonly string[] =>
  pass?.spans.filter((span) => !/\/(run|step)\./.test(span)) ?? [];

function same(what: string, got: unknown, want: unknown): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  hold(a === b, `${what}: ${a}, expected ${b}`);
}
