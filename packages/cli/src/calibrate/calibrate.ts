import { readFile } from 'node:fs/promises';
import { gridOf, type JsonOptions, SkipstoneError, type VideoModel, watchReads } from '@skipstone/core';
import {
  bestTap,
  distinct,
  type Measured,
  optionsOf,
  type ParsedTrace,
  type Policy,
  type PolicyEntry,
  type PolicyRow,
  type Prompt,
  type Proposal,
  parseTrace,
  promptsBeside,
  propose,
  type RankedTap,
  type RunSettings,
  runSettings,
} from '@skipstone/galaxy-cache/calibration';
import { placeFile } from '@skipstone/video';
import { EXIT } from '../exit.js';
import { failed } from '../exit-code.js';
import { eachOutput, type Writing } from '../files/each-output.js';
import { named, prepareOutputs } from '../files/prepare-outputs.js';
import { openVideoModel } from '../model/open-model.js';
import { CALIBRATE_FLAGS, type Typed } from '../options/flags.js';
import { inputsOf } from '../options/inputs.js';
import { readSettings } from '../options/settings.js';
import { interruption } from '../process-end.js';
import { firstOf, type GivenLists, inWords, withGiven } from '../trace/given-prompts.js';
import { readPrompts } from '../trace/prompts.js';
import { promptFiles } from '../trace/trace-settings.js';
import { version } from '../version.js';
import {
  type CalibrationSettings,
  calibrationSettings,
  type TypedCalibration,
} from './calibration-settings.js';
import { confirm } from './confirm.js';
import { pageFiles, pageWriting } from './page.js';
import { reuseCost } from './reuse-cost.js';

/** `skipstone calibrate`: traces in, a policy out. */
export async function calibrate(paths: readonly string[], typed: TypedCalibration): Promise<number> {
  const settings = calibrationSettings(typed);
  const given = await readSettings(undefined, { ...pick(typed), ...firstOf(typed) });
  const { model: asked, options } = given;
  const { result: model, files } = await watchReads(() => openVideoModel(asked));
  const need = runSettings(model, {}, inWords(asked.options, typed));
  const traces = await Promise.all(paths.map((path) => readTrace(path, need, asked.folder)));
  const pages = settings.page === undefined ? [] : pageFiles(settings.page, traces);
  await prepareOutputs(
    [...named('--out', settings.out), ...named('--page', ...pages)],
    [...inputsOf(given, files), ...named('a trace', ...paths), ...promptFiles(typed)],
  );
  const prompts = await promptsFor(traces, settings, model, typed);
  const say = (text: string): void => {
    if (!typed.quiet) process.stderr.write(`${text}\n`);
  };
  const { signal, release } = interruption(say);
  const entries: PolicyEntry[] = [];
  try {
    for (const [i, trace] of traces.entries()) {
      entries.push(
        await entryOf({ trace, settings, model, options, prompts: prompts[i] ?? [], say, signal }),
      );
    }
  } catch (error) {
    if (signal.aborted) return EXIT.aborted;
    throw failed(error);
  } finally {
    release();
  }
  const command = `skipstone calibrate ${process.argv.slice(3).join(' ')}`;
  const policy: Policy = {
    format: 'skipstone-policy',
    version: 1,
    plugin: 'galaxy-cache',
    by: `skipstone ${version()}`,
    command,
    entries,
  };
  const writePolicy = () =>
    placeFile(settings.out, new TextEncoder().encode(`${JSON.stringify(rounded(policy), null, 1)}\n`));
  const page = settings.page === undefined ? [] : pageWriting(settings.page, policy, traces);
  const all: readonly Writing[] = [[settings.out, writePolicy], ...page];
  const written = await eachOutput(all);
  process.stdout.write(written.map((file) => `${file}\n`).join(''));
  return written.length === all.length ? EXIT.ok : EXIT.failure;
}

/** The options that say what computes; the rest is as it was traced. */
const pick = (typed: TypedCalibration): Typed =>
  Object.fromEntries(
    CALIBRATE_FLAGS.flatMap((name) => (typed[name] === undefined ? [] : [[name, typed[name]]])),
  );

interface Calibration {
  readonly trace: ParsedTrace;
  readonly settings: CalibrationSettings;
  readonly model: VideoModel;
  readonly options: JsonOptions;
  readonly prompts: readonly Prompt[];
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

async function entryOf(of: Calibration): Promise<PolicyEntry> {
  const { trace, settings, model, say, signal } = of;
  const { header } = trace;
  const [probe] = of.prompts;
  if (!probe) throw new TypeError('there is no prompt to count with');
  const prompts = settings.confirm ? of.prompts : [];
  const { tap, ranking } = bestTap(trace, settings.warmup, settings.tap);
  const options = optionsOf(header.settings, of.options);
  const cost = await reuseCost({ model, options, prompt: probe, tap, signal });
  say(`${header.settings.steps} steps: watching ${tap}; a reused step costs ${(100 * cost).toFixed(1)} %`);
  const ask = { tap, cost };
  const asked = propose(trace, { ...ask, warmup: settings.warmup, speedups: settings.speedups });
  // Other warm-ups are looked at where the middle of most tables is.
  const middle = settings.speedups.reduce((a, b) => (Math.abs(b - 2) < Math.abs(a - 2) ? b : a));
  const others = settings.warmups.filter((warmup) => warmup !== settings.warmup);
  const explored = others.flatMap((warmup) => propose(trace, { ...ask, warmup, speedups: [middle] }));
  const proposals = [...asked, ...explored];
  const request = { model, options, prompts, seeds: settings.seeds, tap, proposals, signal, say };
  const measured = prompts.length > 0 ? await confirm(request) : [];
  const row = (i: number, proposal: Proposal): PolicyRow => rowOf(proposal, measured[i]);
  const rows = asked.map((proposal, i) => row(i, proposal));
  const warmups = [
    ...explored.map((proposal, i) => ({ ...row(asked.length + i, proposal), warmup: proposal.warmup })),
    ...rows.filter(({ speedup }) => speedup === middle).map((one) => ({ ...one, warmup: settings.warmup })),
  ].sort((a, b) => a.warmup - b.warmup);
  return {
    settings: header.settings,
    sigmas: header.sigmas,
    tap,
    warmup: settings.warmup,
    cost,
    rows,
    ranking: ranking.map(rankOf),
    warmups,
    choosing: { prompts: header.prompts, seeds: header.seeds },
    reporting: {
      prompts: prompts.map(({ name }) => name),
      seeds: prompts.length > 0 ? [...settings.seeds] : [],
    },
  };
}

const rowOf = ({ asked, threshold, reuse }: Proposal, measured: Measured | undefined): PolicyRow => ({
  speedup: asked,
  threshold,
  predicted: reuse,
  ...(measured && { measured }),
});

/** A tap that never changes has no coefficient. */
function rankOf({ tap, pooled, perPrompt }: RankedTap): PolicyEntry['ranking'][number] {
  const known = (estimate: typeof pooled) => (Number.isNaN(estimate.value) ? null : estimate);
  return { tap, pooled: known(pooled), perPrompt: known(perPrompt) };
}

/** Reads a trace, whole and of this model. */
async function readTrace(path: string, need: RunSettings, folder?: string): Promise<ParsedTrace> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SkipstoneError({
      code: 'trace-file',
      what: `${path}: this trace cannot be read`,
      have: cause instanceof Error ? cause.message : String(cause),
      need: 'a file of skipstone trace',
      do: 'check the path',
      cause,
    });
  });
  const trace = parseTrace(content, path);
  const { prompts, seeds, settings } = trace.header;
  if (settings.fingerprints.join() !== need.fingerprints.join()) {
    const remedy = folder === undefined ? 'name the model that it was traced with: --model DIR' : AGAIN;
    const weights = `${need.model}, with these very weights`;
    throw fault(path, 'it is of another model', settings.model, weights, remedy);
  }
  if (settings.opened !== need.opened) {
    const flags = (words = 'as it is') => `a model opened ${words}`;
    throw fault(path, 'its model was opened otherwise', flags(settings.opened), flags(need.opened));
  }
  if (settings.given !== need.given) {
    const runs = (words = 'nothing beside text') => `runs that were given ${words}`;
    throw fault(path, 'its runs began otherwise', runs(settings.given), runs(need.given));
  }
  const all = prompts.length * seeds.length;
  if (trace.runs.length === all) return trace;
  throw fault(path, 'it is not finished', `${trace.runs.length} of ${all} runs`, 'all of them');
}

/** Prompts of each trace's real runs: none that a threshold is chosen by. */
async function promptsFor(
  traces: readonly ParsedTrace[],
  { source, confirm }: CalibrationSettings,
  model: VideoModel,
  lists: GivenLists,
): Promise<readonly (readonly Prompt[])[]> {
  const traced = traces.flatMap(({ header }) => header.prompts);
  const read =
    source.kind === 'examples'
      ? promptsBeside(model, source.count, traced)
      : await readPrompts(source, model);
  const prompts = await Promise.all(
    traces.map(async ({ header: { settings } }) =>
      distinct(await withGiven(read, lists, model, gridOf(model, settings))),
    ),
  );
  const both = confirm && prompts.flat().find(({ name }) => traced.includes(name));
  if (!both) return prompts;
  throw fault(
    'calibrate',
    'a prompt would choose and report',
    `"${both.name}"`,
    'prompts that were not traced',
  );
}

const AGAIN = 'run skipstone trace with the same command again, or name other files';

function fault(path: string, what: string, have: string, need: string, remedy = AGAIN): SkipstoneError {
  return new SkipstoneError({
    code: 'calibrate-trace',
    what: `${path}: ${what}`,
    have,
    need,
    do: remedy,
  });
}

/** Six digits of a measured number say all that is known. */
function rounded<T>(policy: T): T {
  const measured = new Set(['value', 'low', 'high', 'cost']);
  return JSON.parse(
    JSON.stringify(policy, (key, one: unknown) =>
      typeof one === 'number' && measured.has(key) ? Number(one.toPrecision(6)) : one,
    ),
  ) as T;
}
