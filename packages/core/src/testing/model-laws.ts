import { only } from '../guidance/only.js';
import { euler } from '../sampler/euler.js';
import type { Plugin } from '../spec/plugin.js';
import type { HostTensor, Rows, Streams } from '../spec/tensor.js';
import { hold, type Law } from './law.js';
import { errorOf, planOn, runOn, type Subject, sameBytes } from './subject.js';

/** The laws of models: cuts, rows and caches must not be seen in what a model computes. */
export function modelLaws(subject: Subject): readonly Law[] {
  const law = (sentence: string, check: () => Promise<void>): Law => ({
    name: `${subject.name}: ${sentence}`,
    check,
  });
  const once = { steps: 2, sampler: euler() };
  return [
    law('many spans equal one, to the bit', async () => {
      const whole = await runOn(subject, once);
      const plan = planOn(subject, { ...once, plugins: [cutEverywhere(subject)] });
      const spans = plan.phases[0]?.passes.get('plain')?.pass.length ?? 0;
      hold(spans > (subject.models[0]?.spec.blocks ?? 0), `only ${spans} spans, so nothing was tested`);
      const cut = await runOn(subject, { ...once, plugins: [cutEverywhere(subject)] });
      hold(
        sameBytes(cut.latents, whole.latents),
        `cut and uncut differ by ${errorOf(cut.latents, whole.latents)}`,
      );
    }),
    law('mapped and packed weights give the same within 1e-5', async () => {
      const [mapped, packed] = await Promise.all(
        (['mapped', 'packed'] as const).map((weights) => runOn(subject, { ...once, settings: { weights } })),
      );
      const error = errorOf(mapped?.latents ?? {}, packed?.latents ?? {});
      hold(error <= 1e-5, `they differ by ${error}`);
    }),
    law('listing all tokens equals all tokens', async () => {
      const [all, listed] = [
        await runOn(subject, { ...once, plugins: [computeRows(() => 'all')] }),
        await runOn(subject, {
          ...once,
          plugins: [computeRows((n) => Int32Array.from({ length: n }, (_, i) => i))],
        }),
      ];
      hold(sameBytes(all.latents, listed.latents), 'they differ');
    }),
    law('all rows through caches equal the plain pass within 1e-6', async () => {
      const plain = await runOn(subject, once);
      const cached = await runOn(subject, { ...once, plugins: [computeRows(() => 'all')] });
      const error = errorOf(cached.latents, plain.latents);
      hold(error <= 1e-6, `they differ by ${error}`);
    }),
    ...[1, 2, 3].map((seed) =>
      law(`with input frozen, a subset of rows (${seed}) gives the full pass's rows at 1e-6`, async () => {
        const seen: FrozenResult[] = [];
        const plugins = [frozenInput(seed, (result) => seen.push(result))];
        const guidance = only(subject.guidance?.branches[0] ?? { name: 'cond', text: 'cond' });
        const { ledger } = await runOn(subject, { ...once, steps: subject.models.length, plugins, guidance });
        const [result] = seen;
        if (!result) throw new Error('nothing was computed');
        hold(result.error <= 1e-6, `rows differ by ${result.error}`);
        const part = ledger.passes.at(-1)?.rows ?? {};
        const asked = Object.fromEntries(Object.entries(result.rows).map(([s, rows]) => [s, rows.length]));
        hold(JSON.stringify(part) === JSON.stringify(asked), `sessions got ${JSON.stringify(part)} rows`);
      }),
    ),
    law('some rows before all rows is refused', async () => {
      const plugins = [computeRows(() => Int32Array.from([0]))];
      const error = await runOn(subject, { ...once, plugins }).then(
        () => 'it ran',
        (e: Error) => e.message,
      );
      hold(/lacks others/.test(error), error);
    }),
  ];
}

/** Looks at every station there is, and changes nothing. */
function cutEverywhere(subject: Subject): Plugin {
  const [phase] = planOn(subject).phases;
  const hidden = ['embed', 'trunk'];
  const cuts = [...(phase?.passes.get('plain')?.stations.values() ?? [])]
    .filter((station) => station.name.startsWith('blocks.') || hidden.includes(station.name))
    .map((station) => station.name);
  return { name: 'cut-everywhere', contract: 1, needs: () => ({ cuts }), setup: () => ({}) };
}

/** Computes these rows of every stream at every step. */
function computeRows(choose: (all: number) => Int32Array | 'all'): Plugin {
  return {
    name: 'compute-rows',
    contract: 1,
    needs: () => ({ rows: true }),
    setup: ({ rows }) => ({
      evaluate: (call, next) =>
        next({ ...call, rows: Object.fromEntries(Object.entries(rows).map(([s, n]) => [s, choose(n)])) }),
    }),
  };
}

interface FrozenResult {
  readonly error: number;
  readonly rows: Streams<Int32Array>;
}

/** A full pass, then one over some rows with everything else as it was: stale caches show here. */
function frozenInput(seed: number, tell: (result: FrozenResult) => void): Plugin {
  return {
    name: 'frozen-input',
    contract: 1,
    needs: () => ({ rows: true }),
    setup: ({ rows: all, kernels, readBack }) => ({
      evaluate: async (call, next) => {
        const whole = await next(call);
        const rows = Object.fromEntries(Object.entries(all).map(([s, n]) => [s, someRows(n, seed)]));
        const part = await next({ ...call, rows });
        const want = kernels.gather(whole, rows as Rows);
        const host = async (streams: Streams): Promise<Streams<HostTensor>> =>
          Object.fromEntries(
            await Promise.all(
              Object.entries(streams).map(async ([s, t]) => {
                const tensor = { type: 'float32' as const, shape: t.shape, data: await readBack(t) };
                return [s, tensor] as const;
              }),
            ),
          );
        tell({ error: errorOf(await host(part), await host(want)), rows });
        return whole;
      },
    }),
  };
}

/** About a third of the rows, never none, never all of more than one; others for another seed. */
function someRows(all: number, seed: number): Int32Array {
  const rows = Int32Array.from({ length: all }, (_, i) => i).filter((i) => (i * 7 + seed) % 3 === 0);
  return rows.length > 0 ? rows : Int32Array.from([0]);
}
