import {
  generate,
  gridOf,
  type JsonOptions,
  planGeneration,
  type VideoModel,
  watchReads,
} from '@skipstone/core';
import {
  distinct,
  firstBlockTaps,
  gatherRun,
  type Prompt,
  type RunSettings,
  runKey,
  runSettings,
  sigmasOf,
  type TracedRun,
  type TraceEntry,
  type TraceHeader,
  traceDrift,
} from '@skipstone/galaxy-cache/calibration';
import { assertDevice } from '../doctor/try-device.js';
import { EXIT } from '../exit.js';
import { atWork } from '../exit-code.js';
import { named, prepareOutputs } from '../files/prepare-outputs.js';
import { openVideoModel } from '../model/open-model.js';
import { inputsOf } from '../options/inputs.js';
import { readSettings } from '../options/settings.js';
import { interruption } from '../process-end.js';
import { version } from '../version.js';
import { openTrace } from './append-trace.js';
import { firstOf, inWords, withGiven } from './given-prompts.js';
import { readPrompts } from './prompts.js';
import { promptFiles, promptSource, readSeeds, required, type TypedTrace } from './trace-settings.js';

/** `skipstone trace`: one uncached run a prompt and seed, a line each. */
export async function trace(typed: TypedTrace): Promise<number> {
  const { prompts: _, examples: __, embeds: ___, seeds, out, renew, quiet, ...flags } = typed;
  const path = required(out, '--out', 'trace');
  const source = promptSource(typed, 'trace');
  const asked = await readSettings(undefined, { ...flags, ...firstOf(typed) });
  const { options } = asked;
  const { result: model, files } = await watchReads(() => openVideoModel(asked.model));
  await prepareOutputs(named('--out', path), [...inputsOf(asked, files), ...promptFiles(typed)]);
  await assertDevice(options.device);
  const read = await readPrompts(source, model);
  const prompts = distinct(await withGiven(read, typed, model, gridOf(model, options)));
  const settings = runSettings(model, options, inWords(asked.model.options, typed));
  const header = traceHeader(model, { options, settings, prompts, seeds: readSeeds(seeds ?? '0') });
  const say = (text: string): void => {
    if (!quiet) process.stderr.write(`${text}\n`);
  };
  const { signal, release } = interruption(say);
  try {
    await traceInto({ path, header, prompts, model, options, say, signal, renew: renew === true });
  } catch (error) {
    if (!signal.aborted) throw error;
    say(`stopped; what is done lies in ${path}, and the same command goes on from there`);
    return EXIT.aborted;
  } finally {
    release();
  }
  process.stdout.write(`${path}\n`);
  return EXIT.ok;
}

interface Traced {
  readonly options: JsonOptions;
  readonly settings: RunSettings;
  readonly prompts: readonly Prompt[];
  readonly seeds: readonly number[];
}

/** The first line of a trace: everything its numbers depend on. */
export function traceHeader(model: VideoModel, { options, settings, prompts, seeds }: Traced): TraceHeader {
  return {
    format: 'skipstone-trace',
    version: 1,
    by: `skipstone ${version()}`,
    settings,
    sigmas: [...sigmasOf(model, settings)],
    taps: [...tapsOf(model, options)],
    prompts: prompts.map(({ name }) => name),
    seeds: [...seeds],
  };
}

/** Taps of the first block that every branch of every phase passes by. Loads no weights. */
function tapsOf(model: VideoModel, options: JsonOptions): readonly string[] {
  const { plan } = planGeneration(model, { options, plugins: [], lengths: {}, decompose: new Set() });
  const passes = plan.phases.flatMap(({ guidance, branches }) =>
    // A branch that forks inside the stack has no taps of its own.
    guidance.branches.flatMap(({ name, fork }) => (fork ? [] : (branches.get(name) ?? []))),
  );
  const [first, ...rest] = passes.map(
    ({ stations }) => new Map([...stations].filter(([, { kind }]) => kind === 'tap')),
  );
  return firstBlockTaps(first?.keys() ?? []).filter((tap) =>
    rest.every((stations) => stations.has(`blocks.0.${tap}`)),
  );
}

export interface TraceJob {
  readonly path: string;
  readonly header: TraceHeader;
  readonly prompts: readonly Prompt[];
  readonly model: VideoModel;
  readonly options: JsonOptions;
  readonly say: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Begin anew where the file is of other settings. */
  readonly renew?: boolean;
}

/** Runs what the file lacks. */
export async function traceInto({
  path,
  header,
  prompts,
  model,
  options,
  say,
  signal,
  renew,
}: TraceJob): Promise<void> {
  const file = await openTrace(path, header, renew);
  const run = async (): Promise<void> => {
    const done = new Set(file.done.map(runKey));
    const all = prompts.flatMap((prompt, i) =>
      header.seeds.map((seed) => ({ prompt, at: { prompt: i, seed } })),
    );
    if (done.size > 0) say(`${path} has ${done.size} of ${all.length} runs`);
    for (const [i, { prompt, at }] of all.entries()) {
      if (done.has(runKey(at))) continue;
      await file.append(
        await tracedRun(model, { ...options, ...(signal && { signal }) }, prompt, at, header),
      );
      say(`${path}: run ${i + 1} of ${all.length}, seed ${at.seed}, ${prompt.name}`);
    }
  };
  await atWork(run).finally(file.close);
}

/** One uncached run, and what it told. */
async function tracedRun(
  model: VideoModel,
  options: JsonOptions & { readonly signal?: AbortSignal },
  prompt: Prompt,
  at: Pick<TracedRun, 'prompt' | 'seed'>,
  { taps, settings }: TraceHeader,
): Promise<TracedRun> {
  const entries: TraceEntry[] = [];
  const plugin = traceDrift({ taps, tell: (entry) => entries.push(entry) });
  // Pictures are not looked at.
  const { codec: _, ...rest } = model;
  await generate(rest, { ...options, ...prompt.options, seed: at.seed, plugins: [plugin] }).result;
  return gatherRun(at, settings.steps, entries);
}
