import { SAMPLER_NAMES } from '@skipstone/core';
import { type Command, Option } from 'commander';
import type { ValueKind } from './value-kind.js';

/** One option of the command line. */
export interface Flag {
  /** As commander reads it: `--steps <n>`. */
  readonly flags: string;
  readonly about: string;
  readonly kind: ValueKind;
  readonly group: string;
}

const WHAT = 'What is drawn:';
const HOW = 'How it is computed:';
const FILES = 'Files:';

/** Options of `generate` and `plan`, by the name commander gives their values. */
export const FLAGS = {
  negative: flag(WHAT, '--negative <text>', 'what to steer away from (default: the empty prompt)', {
    kind: 'text',
  }),
  model: flag(
    WHAT,
    '--model <dir>',
    'folder (pipeline or transformer) or file of a Wan2.1, Wan2.2, Cosmos-Predict2 or LTX-2 model' +
      ' (default: the demo model)',
    { kind: 'text' },
  ),
  variant: flag(WHAT, '--variant <name>', 'which of the weights in the folder of --model, such as fp16', {
    kind: 'text',
  }),
  adapter: flag(WHAT, '--adapter <module>', 'file or package that opens --model, for other models', {
    kind: 'text',
  }),
  lora: flag(
    WHAT,
    '--lora <file[:strength]>',
    'low-rank additions to the model; may be given many times; PHASE=file for one of two experts',
    { kind: 'list' },
  ),
  upsampler: flag(
    WHAT,
    '--upsampler <path>',
    'make the video in two stages, with this latent upsampler (LTX-2); --size is that of the result',
    { kind: 'text' },
  ),
  secondLora: flag(
    WHAT,
    '--second-lora <file[:strength]>',
    'low-rank additions to the model in the second stage: full models need the distilled one',
    { kind: 'list' },
  ),
  secondPlugin: flag(WHAT, '--second-plugin <name[:args]>', 'a plugin of the second stage', { kind: 'list' }),
  statistics: flag(
    WHAT,
    '--statistics <path>',
    "the video autoencoder, for the mean and spread of latents between stages (default: the model's own)",
    { kind: 'text' },
  ),
  size: flag(WHAT, '--size <WxH>', "width and height in pixels (default: the model's)", { kind: 'size' }),
  frames: flag(WHAT, '--frames <n>', "frames of the video (default: the model's)", whole(1, 4096)),
  steps: flag(WHAT, '--steps <n>', "denoising steps, 1 to 1000 (default: the model's)", whole(1, 1000)),
  seed: flag(
    WHAT,
    '--seed <n>',
    'the same seed gives the same bytes (default: 0)',
    whole(0, Number.MAX_SAFE_INTEGER),
  ),
  count: flag(
    WHAT,
    '--count <n>',
    'this many videos, of seeds seed, seed + 1, … (default: 1)',
    whole(1, 10_000),
  ),
  guidance: flag(
    WHAT,
    '--guidance <g>',
    "guidance scale, or one for each expert, high noise first, as 4,3 (default: the model's)",
    { kind: 'numbers', least: -100, most: 100 },
  ),
  scales: flag(
    WHAT,
    '--scales <list>',
    "LTX-2: scales of guidance by stream, as video.cfg=3,audio.stg=0 (default: the model's)",
    { kind: 'numbers by name' },
  ),
  distilled: flag(WHAT, '--distilled', 'LTX-2: the checkpoint is distilled (8 steps, no guidance)', {
    kind: 'switch',
  }),
  fps: flag(WHAT, '--fps <n>', "Cosmos-Predict2, LTX-2: frames a second (default: the model's)", {
    kind: 'number',
    above: 0,
    most: 1000,
  }),
  shift: flag(
    WHAT,
    '--shift <s>',
    "flow shift of the schedule, above 0 (default: the model's)",
    number(0, 100),
  ),
  sampler: flag(
    WHAT,
    '--sampler <name>',
    "euler, unipc, dpmpp-2m and others; euler-ancestral adds noise at every step (default: the model's)",
    oneOf(...SAMPLER_NAMES),
  ),
  schedule: flag(
    WHAT,
    '--schedule <name>',
    'noise levels by name, such as unipc-flow, euler-karras or dpmpp-flow (default: by model and sampler)',
    {
      kind: 'text',
    },
  ),
  plugin: flag(WHAT, '--plugin <name[:args]>', 'a plugin; may be given many times, the first is outermost', {
    kind: 'list',
  }),
  policy: flag(HOW, '--policy <file>', 'reuse steps as this policy of skipstone calibrate says', {
    kind: 'text',
  }),
  speedup: flag(
    HOW,
    '--speedup <x>',
    "ideal speed-up, within the policy's table (default policy: the model's own)",
    { kind: 'number', above: 1, most: 1000 },
  ),
  holdSpeedup: flag(HOW, '--hold-speedup', 'move the threshold during the run to meet the speed-up', {
    kind: 'switch',
  }),
  resample: flag(HOW, '--resample', 'take a policy of another step count over noise level', {
    kind: 'switch',
  }),
  device: flag(HOW, '--device <name>', 'cpu or webgpu (default: cpu)', oneOf('cpu', 'webgpu')),
  precision: flag(HOW, '--precision <type>', 'fp32, fp16, int8 or int4 (default: fp32)', {
    kind: 'one of',
    names: ['fp32', 'fp16', 'int8', 'int4'],
  }),
  weights: flag(HOW, '--weights <how>', 'mapped (nothing copied) or packed (faster) (default: by size)', {
    kind: 'one of',
    names: ['mapped', 'packed'],
  }),
  keysValues: flag(
    HOW,
    '--keys-values <form>',
    'where some tokens are computed only, keep the others in float32, float16 or int8 (default: float32)',
    { kind: 'one of', names: ['float32', 'float16', 'int8'] },
  ),
  threads: flag(
    HOW,
    '--threads <n>',
    'threads of a session (default: 0, the runtime chooses)',
    whole(0, 1024),
  ),
  maxRunSeconds: flag(
    HOW,
    '--max-run-seconds <s>',
    'cut the model so that Ctrl-C and progress wait no longer',
    {
      kind: 'number',
      above: 0,
    },
  ),
  memory: flag(HOW, '--memory <bytes>', "refuse runs that need more, as 8GiB (default: the machine's)", {
    kind: 'bytes',
  }),
  gflops: flag(HOW, '--gflops <n>', 'GFLOP/s of this machine, for expected times', {
    kind: 'number',
    above: 0,
  }),
  config: flag(FILES, '--config <file>', 'options as JSON; the command line wins over it', { kind: 'text' }),
  out: flag(
    FILES,
    '--out <file>',
    '.mp4, .gif, .png (contact sheet) or a folder (frames) (default: PROMPT-SEED.mp4)',
    {
      kind: 'text',
    },
  ),
  scale: flag(
    FILES,
    '--scale <n>',
    'enlarge pixels n times (default: .mp4 and .gif are brought to 256 pixels)',
    whole(1, 256),
  ),
  embeds: flag(FILES, '--embeds <file>', 'encoded prompts (safetensors) instead of a prompt', {
    kind: 'text',
  }),
  firstFrames: flag(
    FILES,
    '--first-frames <file>',
    'keep these first frames: latents [C, n, h, w] (Wan2.2 TI2V, Cosmos video2world, LTX-2)',
    { kind: 'text' },
  ),
  image: flag(FILES, '--image <file>', 'begin with this picture: PNG, JPEG or WebP, of any size', {
    kind: 'text',
  }),
  lastImage: flag(FILES, '--last-image <file>', 'end with this picture (Wan2.2 I2V)', { kind: 'text' }),
  imageLatents: flag(
    FILES,
    '--image-latents <file>',
    'begin with this image: latents [C, T, h, w] of it, then grey (Wan I2V)',
    { kind: 'text' },
  ),
  latentsOut: flag(FILES, '--latents-out <file>', 'write latents (safetensors)', { kind: 'text' }),
  noise: flag(FILES, '--noise <file>', 'start from these latents (safetensors), not from the seed', {
    kind: 'text',
  }),
  ledger: flag(FILES, '--ledger <file>', 'write every decision of the run (JSON)', { kind: 'text' }),
  replay: flag(FILES, '--replay <file>', 'take the decisions of a ledger', { kind: 'text' }),
  save: flag(FILES, '--save <file>', 'save the run after every step', { kind: 'text' }),
  resume: flag(FILES, '--resume <file>', 'go on from a saved run', { kind: 'text' }),
  report: flag(
    FILES,
    '--report <file>',
    'write a page that shows what was decided, what it cost and saved (.html)',
    {
      kind: 'text',
    },
  ),
  trace: flag(FILES, '--trace <file>', 'show proxies of a trace (skipstone trace) in the page of --report', {
    kind: 'text',
  }),
  reference: flag(FILES, '--reference', 'also make the video without plugins, and compare with it', {
    kind: 'switch',
  }),
  quiet: flag(FILES, '--quiet', 'print the names of the files only', { kind: 'switch' }),
} as const satisfies Readonly<Record<string, Flag>>;

export type FlagName = keyof typeof FLAGS;

/** What commander makes of them: texts, checked by nobody yet. */
export type Typed = Readonly<Partial<Record<FlagName, string | boolean | readonly string[]>>>;

/** Which model, and how it is opened. */
export const OPEN_FLAGS = [
  'model',
  'variant',
  'adapter',
  'lora',
  'fps',
  'distilled',
  'scales',
] as const satisfies readonly FlagName[];

/** How a run of a model is computed, whatever its size. */
export const RUN_FLAGS = [
  'frames',
  'steps',
  'guidance',
  'shift',
  'sampler',
  'schedule',
  'device',
  'precision',
  'weights',
  'threads',
] as const satisfies readonly FlagName[];

/** What a run's numbers depend on beside its prompt and seed, and what computes it. */
export const MODEL_FLAGS = [
  ...OPEN_FLAGS,
  'size',
  ...RUN_FLAGS,
  'memory',
] as const satisfies readonly FlagName[];

/** What computes the runs of a calibration; the rest is as it was traced. */
export const CALIBRATE_FLAGS = [
  ...OPEN_FLAGS,
  'weights',
  'threads',
  'memory',
] as const satisfies readonly FlagName[];

/** What commander calls for an option that may be given many times. */
export const listed = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Adds options to a command; all of them unless named. */
export function addFlags(
  command: Command,
  names: readonly FlagName[] = Object.keys(FLAGS) as FlagName[],
): Command {
  for (const { flags, about, group, kind } of names.map((name): Flag => FLAGS[name])) {
    const option = new Option(flags, about).helpGroup(group);
    if (kind.kind === 'list') option.argParser(listed);
    command.addOption(option);
  }
  return command;
}

function flag(group: string, flags: string, about: string, kind: ValueKind): Flag {
  return { flags, about, kind, group };
}

function whole(least: number, most: number): ValueKind {
  return { kind: 'whole', least, most };
}

function number(least: number, most: number): ValueKind {
  return least === 0 ? { kind: 'number', above: 0, most } : { kind: 'number', least, most };
}

function oneOf(...names: readonly string[]): ValueKind {
  return { kind: 'one of', names };
}
