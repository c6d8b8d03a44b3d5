import { SkipstoneError } from '../error.js';
import { formName, type PassForm, recordPass, type Station } from '../graph/pass-graph.js';
import type { FusedOperator, KeyValueForm, WeightSource } from '../graph/weights.js';
import type { Given } from '../spec/given.js';
import type { Guidance } from '../spec/guidance.js';
import type { Grid, ModelSpec } from '../spec/model.js';
import type { Plugin } from '../spec/plugin.js';
import type { Sampler } from '../spec/sampler.js';
import type { Schedule } from '../spec/schedule.js';
import type { Streams } from '../spec/tensor.js';
import { checkForks, checkNoise, checkSampler, checkSteps, checkVariants } from './ask/check.js';
import { checkGiven } from './ask/given.js';
import { checkKeysValues, KEY_VALUE_FORMS } from './ask/keys-values.js';
import { checkLeaders, leadersFirst, leadersOf } from './ask/leaders.js';
import { askPlugins, hiddenStation, type PluginNeeds, uniteNeeds } from './ask/needs.js';
import { outlookOf } from './ask/outlook.js';
import { castBytes } from './cut/bounds.js';
import { hoistedRuns } from './cut/hoisted.js';
import { passForms } from './cut/pass-forms.js';
import { type PassPlan, planPass } from './cut/pass-plan.js';
import { shareSpans } from './cut/shared-spans.js';
import type { Span } from './cut/span.js';
import { workOf } from './cut/work.js';
import { betweenSpans, bytesOf } from './memory/between-spans.js';
import { branchCaches } from './memory/branch-caches.js';
import {
  activationBytes,
  keyValueLines,
  latentLine,
  type MemoryLine,
  pluginLines,
  weightBytes,
} from './memory/memory.js';

/** One stretch of steps under one set of weights. */
export interface PhaseRequest {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly weights: WeightSource;
  /** First step, and the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly guidance: Guidance;
  /** What becomes of sampler history where this phase begins. Default `keep`. */
  readonly sampler?: 'keep' | 'restart';
  /** What its passes are given beside text; nothing for most. */
  readonly given?: Given;
}

export interface PlanRequest {
  readonly phases: readonly PhaseRequest[];
  readonly grid: Grid;
  /** Lengths of the named axes of conditions, e.g. `{ S: 512 }`. */
  readonly lengths: Readonly<Record<string, number>>;
  readonly schedule: Schedule;
  readonly sampler: Sampler;
  readonly plugins: readonly Plugin[];
  readonly settings: PlanSettings;
}

export interface PlanSettings {
  readonly device: 'cpu' | 'webgpu';
  readonly compute: 'float32' | 'float16';
  readonly weights: 'mapped' | 'packed';
  readonly decompose: ReadonlySet<FusedOperator>;
  /** Cut so that no session runs longer than this, by estimate. */
  readonly maxRunSeconds?: number;
  /** What the machine computes, for estimates; measure it, or take the default. */
  readonly flopsPerSecond: number;
  /** What keys and values are kept as, where plugins compute some rows only. Default `float32`. CPU only. */
  readonly keysValues?: KeyValueForm;
  /** Refuse a run that needs more. */
  readonly memoryBytes?: number;
}

export interface Plan {
  readonly request: PlanRequest;
  readonly phases: readonly PhasePlan[];
  /** The biggest phase's. */
  readonly memory: readonly MemoryLine[];
  /** Bytes of the biggest moment, file pages left out. */
  readonly peakBytes: number;
  readonly notes: readonly string[];
}

/** A phase as it is asked for, and what it runs. */
export interface PhasePlan extends PhaseRequest {
  /** N of each stream. */
  readonly rows: Streams<number>;
  /** Lengths of all named axes when every row is computed. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly needs: readonly PluginNeeds[];
  /** By form: what is compiled. The first is that of the model as it is (`plain`, or `rows`). */
  readonly passes: ReadonlyMap<string, PassPlan>;
  readonly main: PassPlan;
  /** The pass of each branch. */
  readonly branches: ReadonlyMap<string, PassPlan>;
  /** Seconds by estimate, with nothing skipped: once a run, once a step, and for each pass. */
  readonly seconds: Readonly<Record<'run' | 'step' | 'pass', number>>;
  readonly memory: readonly MemoryLine[];
  /** What plugins say they will do, a line each. */
  readonly outlook: readonly string[];
}

/**
 * Half-precision weights that stay mapped are cast to float32 while a session runs, all of a session's at
 * once. 384 MiB holds two blocks of Wan2.1-1.3B or one of a 5B model; a larger block is a span of its own.
 */
const MAX_CAST_BYTES = 384 * 2 ** 20;

/** Makes the plan of a run: everything that can be known, and refused, before a weight is read. */
export function makePlan(request: PlanRequest): Plan {
  checkSteps(request.phases, request.schedule.timesteps.length);
  if (request.phases.length === 0) throw new TypeError('a plan needs at least one phase');
  checkKeysValues(request.settings.keysValues, request.settings.device);
  const phases = request.phases.map((phase) => planPhase(phase, request));
  checkRows(phases);
  const biggest = phases.reduce((a, b) => (total(b.memory) > total(a.memory) ? b : a));
  const notes = phases.flatMap((phase) => [...phase.passes.values()].flatMap((pass) => pass.notes));
  const peakBytes = total(biggest.memory);
  const plan = { request, phases, memory: biggest.memory, peakBytes, notes: [...new Set(notes)] };
  checkMemory(plan);
  return plan;
}

const total = (lines: readonly MemoryLine[]): number =>
  lines.reduce((sum, line) => sum + (line.kind === 'shared' ? 0 : line.bytes), 0);

function planPhase(phase: PhaseRequest, request: PlanRequest): PhasePlan {
  const { settings, plugins, sampler } = request;
  const rows = phase.spec.rows(request.grid);
  const sizes = new Map(Object.entries(request.lengths));
  for (const [stream, count] of Object.entries(rows)) {
    sizes.set(`N.${stream}`, count).set(`A.${stream}`, count).set(`G.${stream}`, count);
  }
  checkGiven(phase.spec, rows, phase.given ?? {});
  const needs = askPlugins(phase.spec, plugins);
  checkSampler(needs, sampler);
  checkNoise(needs, sampler, request.schedule);
  checkVariants(phase.spec, phase.guidance);
  checkLeaders(needs, phase.guidance);
  checkForks(phase.guidance);
  const forms = passForms(needs, phase.guidance);
  const bounds = {
    maxHeldBytes: settings.weights === 'mapped' ? MAX_CAST_BYTES : Number.POSITIVE_INFINITY,
    flopsPerSecond: settings.flopsPerSecond,
    sizes,
    heldBytes: castBytes,
    ...(settings.maxRunSeconds === undefined ? {} : { maxRunSeconds: settings.maxRunSeconds }),
  };
  const passes = new Map<string, PassPlan>();
  let activations = 0;
  let whole: readonly Station[] | undefined;
  const planned = (form: PassForm): PassPlan => {
    const known = passes.get(formName(form));
    if (known) return known;
    const graph = recordPass(phase.spec, form, phase.weights, settings);
    whole ??= graph.stations;
    const united = uniteNeeds(needs, graph.stations, phase.spec.blocks, whole);
    const cut = planPass(graph, united, bounds, forkCuts(phase.guidance, graph.stations));
    const pass = shareSpans(cut, passes.values());
    passes.set(graph.form, pass);
    for (const span of spansOf(pass))
      activations = Math.max(activations, activationBytes(graph, pass.split, span, sizes));
    return pass;
  };
  const main = planned(forms.main);
  const branches = new Map([...forms.branches].map(([name, form]) => [name, planned(form)]));
  const of = (list: readonly Span[]): number =>
    list.flatMap((span) => span.nodes).reduce((sum, node) => sum + workOf(node, sizes), 0) /
    settings.flopsPerSecond;
  const once = (lasts: 'run' | 'step'): number => of(hoistedRuns(phase.guidance.branches, branches, lasts));
  const seconds = { run: once('run'), step: once('step'), pass: of(main.pass) };
  const compiled = { rows, sizes, needs, passes, main, branches, seconds };
  const memory: readonly MemoryLine[] = [
    ...phaseMemory({ ...phase, ...compiled }, settings),
    { what: 'inside the biggest span', bytes: activations, kind: 'passing' },
    latentLine(phase.spec, rows, sampler, phase.guidance.branches.length),
  ];
  const outlook = plugins.flatMap((plugin) =>
    (plugin.outlook?.(outlookOf(request, phase, rows)) ?? []).map((line) => `${plugin.name}: ${line}`),
  );
  return { ...phase, ...compiled, memory, outlook };
}

const spansOf = ({ run, step, pass }: PassPlan): readonly Span[] => [...run, ...step, ...pass];

/** Every session that a phase has, once. */
export const phaseSpans = ({ passes }: Pick<PhasePlan, 'passes'>): readonly Span[] => [
  ...new Set([...passes.values()].flatMap(spansOf)),
];

function phaseMemory(
  compiled: Omit<PhasePlan, 'memory' | 'outlook'>,
  settings: PlanSettings,
): readonly MemoryLine[] {
  const { guidance, sizes, needs, rows } = compiled;
  const { branches } = guidance;
  const leaders = leadersOf(needs, guidance);
  const texts = new Set(branches.map(({ text }) => text)).size;
  const madeOnce = (lasts: 'run' | 'step'): number =>
    hoistedRuns(branches, compiled.branches, lasts)
      .flatMap(({ graph }) => graph.outputs)
      .reduce((sum, port) => sum + bytesOf(port, sizes), 0);
  const lines: MemoryLine[] = [];
  const weights = weightBytes(phaseSpans(compiled));
  lines.push({ what: 'weights, pages of their files', bytes: weights.file, kind: 'shared' });
  if (settings.weights === 'packed')
    lines.push({ what: 'weights, packed copies', bytes: weights.packed, kind: 'held' });
  lines.push({
    what: `once a run, ${texts} ${texts === 1 ? 'text' : 'texts'}`,
    bytes: madeOnce('run'),
    kind: 'held',
  });
  lines.push({ what: 'once a step', bytes: madeOnce('step'), kind: 'passing' });
  const between = betweenSpans(leadersFirst(branches, leaders), compiled.branches, sizes);
  lines.push({ what: 'between spans', bytes: between, kind: 'passing' });
  const caches = branchCaches(branches, compiled.branches);
  lines.push(...keyValueLines(caches, settings.keysValues, sizes));
  const model = { spec: compiled.spec, stations: compiled.main.stations };
  const deciding = ({ name }: Plugin): number => (leaders.has(name) ? 1 : branches.length);
  const kept = needs.flatMap((one) =>
    pluginLines(one, model, rows, { branches: branches.length, deciding: deciding(one.plugin) }),
  );
  return [...lines, ...kept];
}

/**
 * A branch that forks needs its station as a cut, in its own variant and in the one it leaves. Apart from
 * clocks, what a step computes once for blocks before the fork is left to those that run them.
 */
function forkCuts({ branches }: Guidance, stations: readonly Station[]): ReadonlyMap<string, string[]> {
  const cuts = new Map<string, string[]>();
  for (const { name, fork } of branches) {
    if (!fork) continue;
    hiddenStation(stations, fork.at, `branch ${name}`);
    for (const at of ['embed', fork.at]) cuts.set(at, [...(cuts.get(at) ?? []), `branch ${name}`]);
  }
  return cuts;
}

/** Latents go from phase to phase as they are. */
function checkRows(phases: readonly PhasePlan[]): void {
  const shapes = phases.map(({ rows }) => JSON.stringify(rows));
  const other = shapes.findIndex((shape) => shape !== shapes[0]);
  if (other < 0) return;
  throw new SkipstoneError({
    code: 'plan-phases',
    what: `plan: phase ${phases[other]?.name} has other tokens than the phase before`,
    have: `${shapes[0]}, then ${shapes[other]}`,
    need: 'models that make the same tokens of one size',
    do: 'make the second video of the first in a run of its own, from its latents',
  });
}

function checkMemory(plan: Plan): void {
  const { memoryBytes } = plan.request.settings;
  if (memoryBytes === undefined || plan.peakBytes <= memoryBytes) return;
  const biggest = [...plan.memory].filter((l) => l.kind !== 'shared').sort((a, b) => b.bytes - a.bytes)[0];
  throw new SkipstoneError({
    code: 'plan-memory',
    what: 'plan: this run does not fit',
    have: `${gib(memoryBytes)} of memory`,
    need: `${gib(plan.peakBytes)}, most of it for ${biggest?.what} (${gib(biggest?.bytes ?? 0)})`,
    do: [...levers(plan), 'use fewer frames or a smaller size'].join(', or '),
  });
}

/** What would take fewer bytes, as far as a plan has it. */
function levers({ request: { settings }, phases }: Plan): readonly string[] {
  const { keysValues = 'float32', device, weights } = settings;
  const synced = (phases[0]?.needs ?? []).filter(({ needs }) => needs.rows === true);
  const smaller = device === 'cpu' ? KEY_VALUE_FORMS.slice(KEY_VALUE_FORMS.indexOf(keysValues) + 1) : [];
  return [
    ...(synced.length > 0 && smaller.length > 0 ? [`keep keysValues in ${smaller.join(' or ')}`] : []),
    ...synced.map(({ plugin }) => `let ${plugin.name} sync the leading branch only`),
    ...(weights === 'packed' ? ['use mapped weights'] : []),
  ];
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
