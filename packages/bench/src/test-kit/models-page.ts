import { join } from 'node:path';
import { type ModelSpec, type Plan, type Plugin, planGeneration, type VideoModel } from '@skipstone/core';
import { markdownTable as table } from '@skipstone/report';
import { alignedReuse } from '../given-reuse.js';
import { claimedShapes, sizeOf } from '../published/claimed-shapes.js';
import { writeMadeUpTransformer } from '../published/made-up-transformer.js';
import { PUBLISHED, type PublishedModel } from '../published/published-models.js';
import { FIGURES, type Figure, PARAMETERS } from './figures.js';
import { type MeasuredPass, measuredPass } from './measured-pass.js';

/** A published model on a file of its exact shapes that holds no values. */
export interface SizedModel {
  readonly published: PublishedModel;
  readonly model: VideoModel;
}

/** Makes header-only checkpoints of every published model and opens them: every tensor is claimed, or it fails. */
export async function sizedModels(folder: string): Promise<readonly SizedModel[]> {
  const sized: SizedModel[] = [];
  for (const published of PUBLISHED) {
    const at = join(folder, published.name);
    const { config, experts } = published;
    for (const part of experts === 2 ? ['transformer', 'transformer_2'] : ['']) {
      await writeMadeUpTransformer(join(at, part), { model: published, config, dtype: 'BF16', sparse: true });
    }
    sized.push({ published, model: await published.open(at) });
  }
  return sized;
}

/** One line of the cost table: what was counted, and what it is held against. */
export interface Cost {
  readonly figure: Figure;
  readonly pass: MeasuredPass;
}

export const costsOf = (models: readonly SizedModel[]): readonly Cost[] =>
  FIGURES.map((figure) => {
    const sized = models.find(({ model }) => model.name === figure.model);
    if (!sized) throw new TypeError(`no model is called ${figure.model}`);
    const grid = sized.model.grid(figure);
    return { figure, pass: measuredPass(specOf(sized.model), grid, sized.published.lengths) };
  });

/** Of the first transformer. */
export const specOf = ({ phases }: VideoModel): ModelSpec =>
  (phases as [VideoModel['phases'][number]])[0].model.spec;

/** The page as Markdown. */
export function modelsPage(models: readonly SizedModel[], costs: readonly Cost[]): string {
  return [
    '# Published models: shapes, cost, plans',
    'Made from the adapters by `npx vitest run models-page -u` in `packages/bench`; `npm test` fails where this page is ' +
      'not what they say. For each model a checkpoint of its exact shapes is written (a sparse file: a header and ' +
      'zeros), opened, every tensor claimed, its passes recorded and planned. Nothing is computed. “Independent” ' +
      'numbers were computed by a script of its own from the published configurations; the test holds every number ' +
      'against them, within 0.5 % beside the rounding they were noted with.',
    '## Parameters',
    parameterTable(models),
    '## One pass',
    'One sample, one branch: 2 operations for each multiplication and addition; norms and softmax are not counted. ' +
      'What the columns differ by is the rounding of the noted numbers, and what the independent formulas leave out: ' +
      'embeddings of text, time and patches, the head, modulation, and the gates of LTX-2.3 and later. Keys and ' +
      'values: MiB a block in bfloat16; those of LTX-2 are video’s, video’s for sound, sound’s for video, and ' +
      'sound’s together.',
    costTable(costs),
    '## Plans at the usual size',
    'bfloat16 weights as pages of their files, float32 arithmetic, keys and values and reuse in float32. “Clock ' +
      'rows”: distinct timesteps a pass computes modulation for, without and with clean tokens. A step between equal ' +
      'noise levels is not taken. “Reuse”: what ' +
      'galaxy-cache keeps aligned to one branch; “some tokens”: keys and values of the branches once a plugin computes ' +
      'some rows only. Models of two experts have both mapped, one at a time in use; the table has the one.',
    planTable(models),
    'No graph of any of them, in any variant and over all or some tokens, has a value of six or more times its ' +
      'stream’s width for every token: modulation is computed for distinct rows of the clock, and gathered one part ' +
      'at a time.',
    '',
  ].join('\n\n');
}

const HEAD = {
  parameters: [
    'model',
    'transformers',
    'tensors',
    'parameters',
    'independent',
    'bf16 GiB',
    'blocks',
    'M a block',
    'independent',
  ],
  cost: [
    'model',
    'size',
    'tokens',
    'TFLOP',
    'independent',
    'off',
    'self-attention',
    'independent',
    'K, V a block',
    'independent',
    'of text',
    'independent',
  ],
  plan: [
    'model',
    'size',
    'steps',
    'branches',
    'clock rows',
    'weights',
    'once a run',
    'activations',
    'latents and history',
    'reuse',
    'some tokens',
  ],
} as const;

function parameterTable(models: readonly SizedModel[]): string {
  const lines = models.map(({ published: { name, experts, spec, config } }) => {
    const { all, block } = parametersOf(spec(config));
    const { blocks } = spec(config);
    const known = PARAMETERS[name];
    return [
      ...[name, String(experts), String(Object.keys(claimedShapes(spec(config))).length)],
      ...[count(all), count(known?.all), (all / 2 ** 29).toFixed(2)],
      ...[String(blocks), (block / 1e6).toFixed(1), known?.block?.toFixed(1) ?? '–'],
    ];
  });
  return table(HEAD.parameters, lines);
}

/** Parameters of a transformer and of its first block. */
export function parametersOf(spec: ModelSpec): {
  readonly all: number;
  readonly block: number;
} {
  const sum = (entries: readonly (readonly [string, readonly number[]])[]): number =>
    entries.reduce((all, [, shape]) => all + sizeOf(shape), 0);
  const shapes = Object.entries(claimedShapes(spec));
  return { all: sum(shapes), block: sum(shapes.filter(([name]) => /blocks\.0\./.test(name))) };
}

const MIB_BF16 = 2 ** 19;

function costTable(costs: readonly Cost[]): string {
  const lines = costs.map(({ figure, pass }) => {
    const { model, width, height, frames, tera } = figure;
    const off = 100 * Math.abs(pass.work / 1e12 / tera - 1);
    return [
      ...[model, `${width}×${height}×${frames}`, count(pass.rows.video)],
      ...[(pass.work / 1e12).toFixed(1), String(tera), `${off.toFixed(2)} %`],
      ...[
        `${((100 * pass.selfAttention) / pass.work).toFixed(1)} %`,
        figure.selfAttention === undefined ? '–' : `${figure.selfAttention} %`,
      ],
      ...[(pass.keysValues / MIB_BF16).toFixed(1), String(figure.keysValues)],
      ...[(pass.textKeysValues / MIB_BF16).toFixed(1), String(figure.textKeysValues)],
    ];
  });
  return table(HEAD.cost, lines);
}

/** Asks for keys and values of all rows, and computes all of them. */
const someTokens: Plugin = {
  name: 'some-tokens',
  contract: 1,
  needs: () => ({ rows: true }),
  setup: () => ({}),
};

function planTable(models: readonly SizedModel[]): string {
  const lines = models.map(({ published, model }) => {
    const planned = (plugins: readonly Plugin[]): Plan =>
      planGeneration(model, { options: {}, plugins, lengths: published.lengths, decompose: new Set() }).plan;
    const plain = planned([]);
    const [phase] = plain.phases;
    const { width, height, frames } = model.defaults;
    return [
      ...[model.name, `${width}×${height}×${frames}`, stepsOf(plain)],
      ...[String(phase?.guidance.branches.length), clockRows(published)],
      ...[/^weights/, /^once a run/, /^(inside|once a step|between)/, /^latents/].map((what) =>
        gib(plain, what),
      ),
      ...[gib(planned(alignedReuse()), /^galaxy-cache/), gib(planned([someTokens]), /^keys and values/)],
    ];
  });
  return table(HEAD.plan, lines);
}

/** Steps that are taken, and of how many if they are not all. */
function stepsOf({ request: { schedule } }: Plan): string {
  const { sigmas, timesteps } = schedule;
  const taken = timesteps.filter((_, step) => sigmas[step] !== sigmas[step + 1]).length;
  return taken === timesteps.length ? String(taken) : `${taken} of ${timesteps.length}`;
}

/** Distinct rows of each clock, without clean tokens and with one. */
function clockRows({ spec, config }: PublishedModel): string {
  const { clocks, streams, clockRows: rowsAt } = spec(config);
  const count = (stream: string, pinned: Readonly<Record<string, Int32Array>>): number => {
    const names = Object.entries(clocks).filter(([, clock]) => clock.stream === stream);
    const call = { step: 0, timestep: 500, sigma: 0.5, rows: { video: 2, audio: 2 }, pinned };
    return Math.max(...names.map(([name]) => rowsAt?.(call)[name]?.values.length ?? 1));
  };
  const pinnable = streams.video?.pinned === true;
  return pinnable
    ? `${count('video', {})}, ${count('video', { video: Int32Array.of(0) })}`
    : String(count('video', {}));
}

function gib({ memory }: Plan, what: RegExp): string {
  const bytes = memory.reduce((sum, line) => sum + (what.test(line.what) ? line.bytes : 0), 0);
  return `${(bytes / 2 ** 30).toFixed(bytes < 2 ** 30 ? 2 : 1)} GiB`;
}

const count = (value: number | undefined): string => value?.toLocaleString('en-US') ?? '–';
