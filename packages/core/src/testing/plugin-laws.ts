import { cfg } from '../guidance/cfg.js';
import type { Decision, Ledger } from '../ledger/ledger.js';
import type { SavedRun } from '../loop/saved/saved-run.js';
import type { Plugin } from '../spec/plugin.js';
import type { Sampler } from '../spec/sampler.js';
import { during } from './during.js';
import { hold, type Law } from './law.js';
import { runOn, type Subject, sameBytes } from './subject.js';

/** A plugin under law: factories, since two runs never share one. */
export interface PluginUnderLaw {
  readonly name: string;
  /** On, with settings that make it act within 12 steps. */
  readonly on: () => Plugin;
  /** Set so that it must change nothing: threshold zero, stride one. */
  readonly off: () => Plugin;
  /** Steps before which it must compute everything. */
  readonly warmup: number;
  /** True for a decision that saves work. */
  readonly hit: (decision: Decision) => boolean;
  /** What it acts on, where it does nothing alone: further in, in every run in which it is on. */
  readonly beside?: () => readonly Plugin[];
  /** Plugins it must compose with, in either order. */
  readonly others?: readonly (() => Plugin)[];
  readonly sampler?: () => Sampler;
}

const STEPS = 12;

/** The laws of plugins, on a subject. */
export function pluginLaws(subject: Subject, under: PluginUnderLaw): readonly Law[] {
  const { name, off } = under;
  const on = () => acting(under);
  const sampler = under.sampler ? { sampler: under.sampler() } : {};
  const run = (plugins: readonly Plugin[], more: Parameters<typeof runOn>[2] = {}) =>
    runOn(subject, { plugins, steps: STEPS, ...sampler }, more);
  const law = (sentence: string, check: () => Promise<void>): Law => ({
    name: `${name}: ${sentence}`,
    check,
  });
  return [
    law('off is exactly off', async () => {
      const [with_, without] = [await run([off()]), await run([])];
      hold(sameBytes(with_.latents, without.latents), 'latents differ from those of the plain model');
      hold(!with_.ledger.decisions.some(under.hit), 'it saved work while off');
    }),
    law('the same seed gives the same bytes and the same ledger', async () => {
      const [a, b] = [await run(on()), await run(on())];
      hold(sameBytes(a.latents, b.latents), 'latents differ between two runs');
      hold(JSON.stringify(a.ledger) === JSON.stringify(b.ledger), 'ledgers differ between two runs');
    }),
    law('acts, and never before its warm-up is over', async () => {
      const { ledger } = await run(on());
      const hits = ledger.decisions.filter(under.hit);
      hold(hits.length > 0, 'it never acted, so nothing was tested');
      const early = hits.find((row) => row.step < under.warmup);
      hold(!early, `it acted at step ${early?.step}, warm-up ends at ${under.warmup}`);
    }),
    law('two runs at once do not meet', async () => {
      const alone = await run(on());
      const [a, b] = await Promise.all([run(on()), run(on())]);
      hold(
        sameBytes(a.latents, alone.latents) && sameBytes(b.latents, alone.latents),
        'runs disturb each other',
      );
    }),
    law('releases every tensor', async () => {
      const { leaked } = await run(on());
      hold(leaked === 0, `${leaked} tensors are still held`);
    }),
    law('aborting leaves nothing alive', () => abortLaw(run, on)),
    law('replay equals the run', async () => {
      const first = await run(on());
      const again = await run(on(), { replay: first.ledger });
      hold(sameBytes(again.latents, first.latents), 'latents differ');
      hold(JSON.stringify(again.ledger) === JSON.stringify(first.ledger), 'ledgers differ');
    }),
    law('kill and resume equals the run', () => resumeLaw(run, on)),
    law('a follower runs no probe', () => followerLaw(subject, under)),
    law('a branch that was left out is never rebuilt from stale rows', () =>
      missingBranchLaw(subject, under),
    ),
    ...(under.others ?? []).flatMap((other) =>
      [[on, () => [other()]] as const, [() => [other()], on] as const].map(([first, second]) =>
        law(`composes: ${first()[0]?.name} around ${second()[0]?.name}`, async () => {
          const pair = () => run([...first(), ...second()]);
          const [a, b] = [await pair(), await pair()];
          hold(sameBytes(a.latents, b.latents), 'the pair is not deterministic');
          hold(finite(a.latents), 'the pair gives numbers that are not finite');
          hold(a.leaked === 0, `${a.leaked} tensors are still held`);
        }),
      ),
    ),
  ];
}

const acting = ({ on, beside }: PluginUnderLaw): readonly Plugin[] => [on(), ...(beside?.() ?? [])];

type RunWith = (plugins: readonly Plugin[], more?: Parameters<typeof runOn>[2]) => ReturnType<typeof runOn>;

async function abortLaw(run: RunWith, on: () => readonly Plugin[]): Promise<void> {
  const before = await run(on());
  const threads = liveThreads();
  const abort = new AbortController();
  const steps: number[] = [];
  const aborted = run(on(), {
    signal: abort.signal,
    afterStep: (step) => {
      steps.push(step);
      if (step === 3) abort.abort();
    },
  });
  const name = await aborted.then(
    () => 'it went on to the end',
    (error: Error) => error.name,
  );
  hold(name === 'AbortError', `expected an AbortError, got ${name}`);
  hold(steps.at(-1) === 3, `steps went on to ${steps.at(-1)} after the abort`);
  hold(liveThreads() <= threads, 'a thread is left alive');
  const after = await run(on());
  hold(sameBytes(after.latents, before.latents), 'the run after an abort is another one');
}

const liveThreads = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length;

async function resumeLaw(run: RunWith, on: () => readonly Plugin[]): Promise<void> {
  const whole = await run(on());
  for (const at of [0, 5, STEPS - 2]) {
    const abort = new AbortController();
    let saved: SavedRun | undefined;
    const killed = run(on(), {
      signal: abort.signal,
      afterStep: async (step, save) => {
        if (step !== at) return;
        saved = await save();
        abort.abort();
      },
    });
    await killed.catch(() => {});
    if (!saved) throw new Error(`nothing was saved after step ${at}`);
    const resumed = await run(on(), { resume: saved });
    hold(sameBytes(resumed.latents, whole.latents), `resumed after step ${at}, latents differ`);
    hold(
      JSON.stringify(inSteps(resumed.ledger)) === JSON.stringify(inSteps(whole.ledger)),
      `resumed after step ${at}, ledgers differ`,
    );
    hold(resumed.leaked === 0, `${resumed.leaked} tensors are still held`);
  }
}

/** What was decided and computed, but for what a run computes once: a resumed run computes it again. */
const inSteps = ({ decisions, passes }: Ledger) => ({
  decisions,
  passes: passes.map((pass) => ({ ...pass, spans: stations(pass.spans) })),
});

/** Ends of the spans of a pass itself, whatever its form. */
const stations = (spans: readonly string[]): readonly string[] =>
  spans.map((span) => span.slice(span.indexOf('/') + 1)).filter((station) => !/^(run|step)\./.test(station));

/** Where a follower takes over a hit, its pass runs nothing that a probe would: less than its leader's. */
async function followerLaw(subject: Subject, under: PluginUnderLaw): Promise<void> {
  const { ledger } = await runOn(subject, { plugins: acting(under), steps: STEPS });
  for (const row of ledger.decisions.filter((d) => d.follows !== undefined && under.hit(d))) {
    const spansOf = (branch: string | undefined): readonly string[] =>
      stations(ledger.passes.find((p) => p.step === row.step && p.branch === branch)?.spans ?? []);
    const [own, led] = [spansOf(row.branch), spansOf(row.follows)];
    const extra = own.filter((station) => !led.includes(station));
    hold(extra.length === 0, `step ${row.step}: ${row.branch} ran ${extra.join(', ')}, its leader did not`);
    const probed = led.length > 1 && own.length === led.length;
    hold(!probed, `step ${row.step}: ${row.branch} ran all that its leader ran: ${own.join(', ')}`);
  }
}

/**
 * The last branch is missing at steps 5 to 8. When it returns, at step 9, it must compute: what it holds is
 * of step 4. Its result must be that of a run in which nothing was reused since.
 */
async function missingBranchLaw(subject: Subject, under: PluginUnderLaw): Promise<void> {
  const guidance = subject.guidance ?? cfg({ scale: 4 });
  const names = guidance.branches.map((branch) => branch.name);
  const gone = names.at(-1) ?? '';
  const interval = during(guidance, (step) => (step >= 5 && step <= 8 ? names.slice(0, -1) : names));
  const { ledger } = await runOn(subject, { plugins: acting(under), steps: STEPS, guidance: interval });
  const at = (step: number) => ledger.passes.find((pass) => pass.step === step && pass.branch === gone);
  for (let step = 5; step <= 8; step++) hold(at(step) === undefined, `${gone} ran at step ${step}`);
  const full = Math.max(
    ...ledger.passes.filter((pass) => pass.branch === gone).map((pass) => computed(pass.spans)),
  );
  const back = at(9);
  hold(
    computed(back?.spans ?? []) === full,
    `${gone} came back at step 9 with ${back?.spans.join(', ')} only`,
  );
  hold(
    (back?.closed ?? []).length === 0,
    `${gone} came back at step 9 with ${back?.closed.join(', ')} closed`,
  );
  const rows = Object.values(back?.rows ?? {}).reduce((a, b) => a + b, 0);
  const all = Math.max(...ledger.passes.map((pass) => Object.values(pass.rows).reduce((a, b) => a + b, 0)));
  hold(rows === all, `${gone} came back with ${rows} of ${all} rows`);
}

const computed = (spans: readonly string[]): number => stations(spans).length;

const finite = (latents: Awaited<ReturnType<typeof runOn>>['latents']): boolean =>
  Object.values(latents).every(({ data }) => [...data].every((value) => Number.isFinite(Number(value))));
