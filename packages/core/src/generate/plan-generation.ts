import { SkipstoneError } from '../error.js';
import type { FusedOperator, WeightSource } from '../graph/weights.js';
import { cfg } from '../guidance/cfg.js';
import { makePlan, type PhaseRequest, type Plan } from '../plan/plan.js';
import { quantisedBits } from '../quantise/form.js';
import { outlineSource } from '../quantise/quantised-source.js';
import { type SamplerName, samplers } from '../sampler/samplers.js';
import type { GridOptions } from '../schedule/grid-options.js';
import { scheduleNamed } from '../schedule/schedules.js';
import type { Given } from '../spec/given.js';
import type { Guidance } from '../spec/guidance.js';
import type { Grid } from '../spec/model.js';
import type { Plugin } from '../spec/plugin.js';
import type { Schedule } from '../spec/schedule.js';
import { gridOf } from './grid-of.js';
import type { JsonOptions } from './options.js';
import type { ModelDefaults, VideoModel } from './video-model.js';

/** What a generation is planned from beside the model. */
export interface GenerationRequest {
  readonly options: JsonOptions;
  readonly plugins: readonly Plugin[];
  /** What every phase is given beside text. */
  readonly given?: Given;
  /** Lengths of the named axes of encoded text. */
  readonly lengths: Readonly<Record<string, number>>;
  readonly decompose: ReadonlySet<FusedOperator>;
  /**
   * Weights of each phase of the model, where they are not the checkpoint's own. Without them `int8` and
   * `int4` are planned as they would be, with places that lead nowhere: for tables, not for runs.
   */
  readonly weights?: readonly WeightSource[];
}

export interface GenerationPlan {
  readonly plan: Plan;
  readonly grid: Grid;
}

/**
 * Weights up to this many bytes in float32 are packed, larger ones mapped, unless told otherwise: a small
 * model loads in no time either way and runs faster packed; a large one would wait for the copy and hold
 * its weights twice. It depends on the model alone, so the same call gives the same bytes on any machine.
 */
export const PACKED_UP_TO_BYTES = 2 ** 30;

/** GFLOP/s assumed where nothing was measured: two cores of a server processor. */
const USUAL_FLOPS = 150e9;

/** Makes the plan of a generation from options and a model's defaults. Loads no weights. */
export function planGeneration(model: VideoModel, request: GenerationRequest): GenerationPlan {
  const { options } = request;
  const grid = gridOf(model, options);
  const samplerName = options.sampler ?? model.defaults.sampler;
  const schedule = scheduleOf(model, options, grid);
  const plan = makePlan({
    phases: phaseRequests(model, request, schedule),
    grid,
    lengths: request.lengths,
    schedule,
    sampler: samplers[samplerName](options.seed ?? 0),
    plugins: request.plugins,
    settings: {
      device: options.device ?? 'cpu',
      compute: options.precision === 'fp16' ? 'float16' : 'float32',
      weights: weightsOf(model, options),
      decompose: request.decompose,
      flopsPerSecond: options.flopsPerSecond ?? USUAL_FLOPS,
      ...(options.keysValues === undefined ? {} : { keysValues: options.keysValues }),
      ...(options.maxRunSeconds === undefined ? {} : { maxRunSeconds: options.maxRunSeconds }),
      ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
    },
  });
  const note = guidanceNote(model, options);
  const notes = [...plan.notes, ...(note === undefined ? [] : [note]), ...conversionNotes(model)];
  return { plan: { ...plan, notes }, grid };
}

/** The files that weights are read from which a run makes first. */
const conversionNotes = ({ phases }: VideoModel): readonly string[] =>
  phases.flatMap(({ name, model: { weights } }) => {
    const { bytes, file } = weights.conversion ?? {};
    if (bytes === undefined) return [];
    const size = (bytes / 2 ** 30).toFixed(2);
    return `${name}: 8-bit floats are read as bfloat16 from ${file}, ${size} GiB, which the first run makes`;
  });

/**
 * The noise levels of a generation: those that are asked for, or the model's own. Error `schedule-model` for a grid
 * with scaled noise (EDM's) that the model was not trained on.
 */
export function scheduleOf(model: VideoModel, options: JsonOptions, grid: Grid): Schedule {
  const { defaults, phases, schedules } = model;
  const asked = options.schedule ?? usualSchedule(defaults, options.sampler ?? defaults.sampler);
  const steps = options.steps ?? defaults.steps;
  const rows = phases[0]?.model.spec.rows(grid) ?? {};
  const made = (numbers: GridOptions) => schedules?.[asked]?.(numbers, rows) ?? scheduleNamed(asked, numbers);
  const own = [...Object.values(defaults.schedules), ...Object.keys(schedules ?? {})];
  if (!own.includes(asked)) {
    const { startScale = 1, endScale = 1 } = made({ steps });
    if (startScale !== 1 || endScale !== 1) throw notTrainedOn(model.name, asked, own);
  }
  return made({ steps, shift: options.shift ?? defaults.shift });
}

function notTrainedOn(model: string, asked: string, own: readonly string[]): SkipstoneError {
  const need = [...new Set(own)].join(', ');
  return new SkipstoneError({
    code: 'schedule-model',
    what: `${model} was not trained on the noise levels of '${asked}'`,
    have: 'a grid whose noise is scaled, of models that read x0 + k·noise',
    need: `${need}, or another grid of flow matching`,
    do: 'leave the schedule out (--schedule)',
  });
}

/** The schedule that a model runs a sampler on unless told otherwise: that of `euler` for all that build on it. */
export const usualSchedule = ({ schedules }: ModelDefaults, sampler: SamplerName): string =>
  schedules[sampler.startsWith('euler') ? 'euler' : 'unipc'];

/**
 * Quantised weights are packed unless told otherwise, whatever their size: unpacked, the runtime makes each
 * matrix in float32 anew in every pass (at 16 tokens that takes ten times as long as the product, at 1,024 it
 * is as slow as float32), and packing replaces the pages of the file instead of adding to them: resident
 * bytes are the same. What mapped gives instead is float32 arithmetic, half the error.
 */
export function weightsOf(model: VideoModel, options: JsonOptions): 'mapped' | 'packed' {
  if (options.weights !== undefined) return options.weights;
  if (quantisedBits(options.precision) !== undefined) return 'packed';
  let elements = 0;
  for (const { model: open } of model.phases) {
    for (const { shape } of open.checkpoint.tensors.values()) elements += shape.reduce((a, b) => a * b, 1);
  }
  return 4 * elements <= PACKED_UP_TO_BYTES ? 'packed' : 'mapped';
}

/**
 * The guidance scale of each phase: what is asked for, one for all or one each, or the model's own. Error
 * `option-value` for any other number of scales.
 */
export function guidanceScales(model: VideoModel, { guidance: asked }: JsonOptions): readonly number[] {
  const { name, phases, defaults } = model;
  if (!Array.isArray(asked)) return phases.map((phase) => asked ?? phase.guidance ?? defaults.guidance);
  if (asked.length === phases.length) return asked;
  const names = phases.map((phase) => phase.name).join(', ');
  throw new SkipstoneError({
    code: 'option-value',
    what: `${name}: guidance is one scale for all phases, or one for each`,
    have: `${asked.length} scales: ${asked.join(', ')}`,
    need: phases.length > 1 ? `1 scale, or ${phases.length}: ${names}` : '1 scale',
    do: phases.length > 1 ? 'give them in the order of the phases' : `give one, for example ${asked[0]}`,
  });
}

/**
 * Guidance of a phase. The first phase's scale turns guidance on or off for all of them, as diffusers does
 * (models of two experts): off, every phase runs one branch; on, every phase runs both, whatever its scale.
 */
function guidanceOf(model: VideoModel, index: number, options: JsonOptions): Guidance {
  const { guidanceForm: form } = model.defaults;
  const scales = guidanceScales(model, options);
  const [first = 1] = scales;
  if (model.guide) return model.guide(options.guidance === undefined ? undefined : first);
  const leading = cfg({ scale: first, form });
  if (index === 0 || leading.branches.length === 1) return leading;
  return cfg({ scale: scales[index] ?? first, form, both: true });
}

/** What to say of guidance that is asked for and does nothing: a scale that turns it off does so for all phases. */
export function guidanceNote(model: VideoModel, options: JsonOptions): string | undefined {
  const { guidance: asked, negative } = options;
  if (asked === undefined) return undefined;
  const { guidanceForm: form } = model.defaults;
  const [first = 1, ...others] = guidanceScales(model, options);
  const isOn = (scale: number): boolean => cfg({ scale, form }).branches.length > 1;
  const unread = guidanceOf(model, 0, options).branches.every(({ text }) => text !== 'uncond');
  if (!unread) return undefined;
  const [leader, ...rest] = model.phases.map(({ name }) => name);
  if (others.some(isOn)) {
    return `guidance ${first} of ${leader} turns guidance off for ${rest.join(', ')} too, as in its reference`;
  }
  return `guidance ${first} turns guidance off${negative === undefined ? '' : ': the negative prompt is not read'}`;
}

/** Which steps belong to which phase: a phase ends at the first timestep below its `until`. */
function phaseRequests(
  model: VideoModel,
  { options, weights, given }: GenerationRequest,
  schedule: Schedule,
): readonly PhaseRequest[] {
  const bits = quantisedBits(options.precision);
  const requests: PhaseRequest[] = [];
  let from = 0;
  for (const [index, phase] of model.phases.entries()) {
    const { until } = phase;
    const below = until === undefined ? -1 : schedule.timesteps.findIndex((t) => t < until);
    const to = below < 0 ? schedule.timesteps.length : below;
    if (to <= from) continue;
    const guidance = guidanceOf(model, index, options);
    const { spec } = phase.model;
    const own = bits === undefined ? phase.model.weights : outlineSource(phase.model, bits);
    const sampler = phase.sampler ?? 'keep';
    const source = weights?.[index] ?? own;
    const more = given ? { given } : {};
    requests.push({ name: phase.name, spec, weights: source, from, to, guidance, sampler, ...more });
    from = to;
  }
  if (from === schedule.timesteps.length) return requests;
  throw new SkipstoneError({
    code: 'model-phases',
    what: `${model.name}: no phase covers the last steps`,
    have: `phases up to step ${from}`,
    need: `${schedule.timesteps.length} steps`,
    do: 'leave `until` out of the last phase',
  });
}
