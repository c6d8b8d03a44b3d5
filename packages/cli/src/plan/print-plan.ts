import { axisLengths, explain, type Grid, gridOf, planGeneration, type VideoModel } from '@skipstone/core';
import { pipelineOf } from '@skipstone/pipeline';
import { lengthsOfEmbeds } from '../files/embeds.js';
import { readGiven } from '../files/given.js';
import { assertApart } from '../files/prepare-outputs.js';
import { openRun } from '../generate/open-run.js';
import { type OpenStages, sizeInWords } from '../generate/open-stages.js';
import { filesOf, outputsOf } from '../generate/outputs.js';
import { plannedImage } from '../model/prepared-model.js';
import type { Typed } from '../options/flags.js';
import { readSettings, type Settings } from '../options/settings.js';

/** Tokens of a text nobody has encoded yet: what Wan's pipelines pad every prompt to. */
const ASSUMED_TEXT_TOKENS = 512;

/** What `skipstone plan` prints. Reads headers of weights, and no weights. */
export async function printPlan(prompt: string | undefined, typed: Typed): Promise<string> {
  const asked = await readSettings(prompt, typed);
  const { settings, second, model, plugins, notes: told, inputs } = await openRun(asked);
  await assertApart(filesOf(outputsOf(settings, model)), inputs);
  const { options } = settings;
  const lengths = await textLengths(settings, model);
  const decompose = new Set<never>();
  const grid = gridOf(model, options);
  const read = await readGiven(settings.files, model, grid, sizeInWords(settings));
  const beside = read ?? plannedImage(model, settings.files, grid);
  const { plan } = planGeneration(model, {
    ...{ options, plugins, lengths: lengths.byAxis, decompose },
    ...(beside && { given: beside }),
  });
  const { width, height, frames } = { ...model.defaults, ...definedIn(options) };
  const shapes = Object.entries(model.latentShape(grid)).map(
    ([stream, shape]) => `${stream} [${shape.join(', ')}]`,
  );
  return [
    `model     ${model.name}, ${model.origin}`,
    `size      ${width}x${height}, ${frames} frames; latents ${shapes.join(', ')}`,
    explain(plan).trimEnd(),
    ...otherParts(model, grid),
    ...(second ? await laterStages(settings, second, lengths.byAxis) : []),
    ...told.map((note) => `note: ${note}`),
    ...notes(settings, lengths.assumed),
    '',
  ].join('\n');
}

/** What stands before and after the transformer, each at its biggest moment: one is gone before the next is there. */
function otherParts(model: VideoModel, grid: Grid): readonly string[] {
  const pipeline = pipelineOf(model);
  if (!pipeline) return [];
  const { text, codec, sound } = pipeline;
  const on = { device: 'cpu' } as const;
  const { video = [], audio } = model.latentShape(grid);
  const { peakBytes, spans } = text.plan(text.maxTokens, on);
  const flops = spans.reduce((sum, span) => sum + span.flops, 0);
  const decode = codec.planDecode(video, on);
  const heard = audio && sound?.plan(audio, on);
  return [
    '',
    `encode    ${text.name}, ${text.maxTokens} tokens at most: ${mebibytes(peakBytes)}, ${gigaflops(flops)} a prompt`,
    `decode    ${codec.name}: ${mebibytes(decode.peakBytes)}, ${gigaflops(decode.flops)}`,
    ...(heard ? [`sound     ${mebibytes(Math.max(...heard.map((one) => one.peakBytes)))}`] : []),
  ];
}

const gigaflops = (flops: number): string => `${(flops / 1e9).toFixed(flops < 1e10 ? 2 : 0)} GFLOP`;

/** What comes after the first stage. */
async function laterStages(
  { options }: Settings,
  { stages, full, plugins }: OpenStages,
  lengths: Readonly<Record<string, number>>,
): Promise<readonly string[]> {
  const { planStages } = await import('@skipstone/models-ltx');
  const later = await planStages(stages, { options, second: { plugins }, full, lengths });
  const { input, output, peakBytes } = later.upsampler;
  return [
    '',
    `upsampler [${input.slice(1).join(', ')}] to [${output.slice(1).join(', ')}], ${mebibytes(peakBytes)} at its biggest moment`,
    '',
    `second    ${full.width}x${full.height}, ${full.frames} frames`,
    explain(later.second).trimEnd(),
  ];
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function notes({ options }: Settings, assumedText: boolean): readonly string[] {
  return [
    ...(options.flopsPerSecond === undefined
      ? ['note: the time assumes the speed it names; say yours with --gflops N']
      : []),
    ...(assumedText
      ? [`note: a text of ${ASSUMED_TEXT_TOKENS} tokens is assumed; --embeds FILE says how long it is`]
      : []),
    'note: fused operators are taken to be right on this device; generate tests them first',
  ];
}

/** Lengths of the named axes of the model's conditions. */
async function textLengths(
  { options, files }: Settings,
  model: VideoModel,
): Promise<{ readonly byAxis: Readonly<Record<string, number>>; readonly assumed: boolean }> {
  if (files.embeds !== undefined) {
    return { byAxis: await lengthsOfEmbeds(files.embeds, model), assumed: false };
  }
  const { prompt } = options;
  const rows = model.text?.rows;
  const encoded =
    rows !== undefined
      ? undefined
      : await (prompt === undefined ? model.text?.encodeEmpty() : model.text?.encode(prompt));
  const known = (port: string): number | undefined =>
    port === 'image' ? pipelineOf(model)?.image?.tokens : rows;
  const byAxis = axisLengths(
    model,
    (port, axis) => known(port) ?? encoded?.[port]?.shape[axis] ?? ASSUMED_TEXT_TOKENS,
  );
  return { byAxis, assumed: rows === undefined && encoded === undefined };
}

function definedIn({ width, height, frames }: Settings['options']) {
  return {
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(frames === undefined ? {} : { frames }),
  };
}
