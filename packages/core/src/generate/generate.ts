import { SkipstoneError } from '../error.js';
import type { Ledger } from '../ledger/ledger.js';
import { type DenoiseResult, denoise } from '../loop/denoise.js';
import type { Tell } from '../loop/step/events.js';
import { assertPlugins } from '../plan/ask/needs.js';
import type { Plan } from '../plan/plan.js';
import { selfTest } from '../session/self-test.js';
import type { Grid } from '../spec/model.js';
import type { HostTensor, Streams } from '../spec/tensor.js';
import { axisLengths } from './axis-lengths.js';
import { checkOptions, type GenerateOptions, type JsonOptions } from './options.js';
import { guidanceNote, planGeneration } from './plan-generation.js';
import { quantisedPhases } from './quantised-phases.js';
import { type Run, startRun } from './run.js';
import { scaled, seededNoise, startState } from './start.js';
import type { Frames, VideoModel } from './video-model.js';

export interface GenerateResult {
  /** Pictures, where the model has a codec. */
  readonly video: Frames | undefined;
  /** Latents as the codec has them. */
  readonly latents: Streams<HostTensor>;
  readonly grid: Grid;
  /** Every decision and every span that ran; write it with `JSON.stringify`, replay it with `replay`. */
  readonly ledger: Ledger;
  readonly plan: Plan;
  /** Milliseconds inside the runtime, session by session. */
  readonly runs: DenoiseResult['runs'];
}

/**
 * Makes a video: prompt → conditions, seed → noise, noise → latents, latents → pictures.
 *
 * The result is awaited as `generate(model, { prompt }).result`; events come by iterating over the run.
 * Errors: `SkipstoneError` for anything that can be mended (unknown option, unknown word, a size the model
 * has not, a run that does not fit), `AbortError` when `signal` says so.
 */
export function generate(model: VideoModel, options: GenerateOptions): Run<GenerateResult> {
  return startRun((tell) => work(model, options, tell));
}

type Ports = Readonly<Record<string, HostTensor>>;
type Conditions = { readonly cond: Ports; readonly uncond?: Ports };

async function work(model: VideoModel, options: GenerateOptions, tell: Tell): Promise<GenerateResult> {
  const json = checkOptions(options, 'generate');
  const { plugins = [] } = options;
  assertPlugins(plugins);
  options.signal?.throwIfAborted();
  refuseEarly(model, options, json);
  const conditions = await encode(model, options);
  const decompose = await selfTest(json.device ?? 'cpu', json.precision === 'fp16' ? 'float16' : 'float32');
  for (const text of decompose.notes) tell({ type: 'note', text });
  const lengths = axisLengths(model, (port, axis) => conditions.cond[port]?.shape[axis] ?? 0);
  const request = {
    options: json,
    plugins,
    lengths,
    decompose: decompose.operators,
    ...(options.given ? { given: options.given } : {}),
  };
  const weights = await quantisedPhases(model, request, tell, options.signal);
  const { plan, grid } = planGeneration(model, weights ? { ...request, weights } : request);
  const note = guidanceNote(model, json);
  if (note !== undefined) tell({ type: 'note', text: note });
  const spec = model.phases[0]?.model.spec;
  if (!spec) throw new TypeError(`${model.name} has no transformer`);
  const { schedule } = plan.request;
  const noise = options.noise ?? seededNoise(model, grid, json.seed ?? 0);
  const { signal, replay, resume, afterStep } = options;
  const result = await denoise({
    plan,
    latents: spec.patchify(startState(model, grid, { schedule, noise, clean: options.latents }), grid),
    conditions: { ...conditions },
    tell,
    ...(json.threads === undefined ? {} : { threads: json.threads }),
    ...(json.previews === undefined ? {} : { previews: json.previews }),
    ...(signal ? { signal } : {}),
    ...(replay ? { replay } : {}),
    ...(resume ? { resume } : {}),
    ...(afterStep ? { afterStep } : {}),
  });
  const latents = scaled(spec.unpatchify(result.latents, grid), schedule.endScale);
  const video = await model.codec?.decode(latents, grid);
  return { video, latents, grid, ledger: result.ledger, plan, runs: result.runs };
}

async function encode(model: VideoModel, options: GenerateOptions): Promise<Conditions> {
  const { prompt, negative, embeds } = options;
  if (embeds) return embeds;
  if (model.text && prompt !== undefined) {
    const [both, none] = (await model.text.encodeMany?.([prompt, negative])) ?? [];
    if (both && none) return { cond: both, uncond: none };
    const cond = await model.text.encode(prompt);
    const uncond =
      negative === undefined ? await model.text.encodeEmpty() : await model.text.encode(negative);
    return { cond, uncond };
  }
  throw new SkipstoneError({
    code: 'prompt-missing',
    what: `${model.name}: there is nothing to draw`,
    have: model.text ? 'no prompt' : 'a model without a text encoder',
    need: model.text ? 'a prompt' : 'encoded prompts (embeds)',
    do: model.text
      ? `pass { prompt: '${model.text.examples[0] ?? '…'}' }`
      : 'pass { embeds: { cond, uncond } }',
  });
}

/** What cannot run is refused before an encoder spends minutes, where the rows of an encoded prompt are known ahead. */
function refuseEarly(model: VideoModel, options: GenerateOptions, json: JsonOptions): void {
  const { plugins = [], given, embeds } = options;
  const rows = model.text?.rows;
  if (rows === undefined || embeds) return;
  const lengths = axisLengths(model, () => rows);
  // Tokens of a picture have an axis of their own, of another length.
  if (Object.keys(lengths).length > 1) return;
  planGeneration(model, { options: json, plugins, lengths, decompose: new Set(), ...(given && { given }) });
}
