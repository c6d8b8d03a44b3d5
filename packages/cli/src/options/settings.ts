import { type JsonOptions, type Lora, SkipstoneError } from '@skipstone/core';
import type { OpenOptions } from '../model/families.js';
import type { ModelRequest } from '../model/open-model.js';
import { type Config, readConfig } from './config-file.js';
import { FLAGS, type Flag, type FlagName, RUN_FLAGS, type Typed } from './flags.js';
import { memoryOfMachine } from './memory-of-machine.js';
import { readLora } from './read-lora.js';
import { readBytes, readChoice, readNamedNumbers, readNumber, readNumbers, readSize } from './read-value.js';

/** What is asked for, each value checked by itself. */
export interface Settings {
  /** What core takes. */
  readonly options: JsonOptions;
  /** Which model, and how it is opened. */
  readonly model: ModelRequest;
  /** What `--upsampler` asks for: a run in two stages. */
  readonly stages: StagesSettings | undefined;
  /** `name:args`, the first outermost. */
  readonly plugins: readonly string[];
  /** What `--policy` and `--speedup` ask for. */
  readonly policy: PolicySettings | undefined;
  readonly count: number;
  readonly out: string | undefined;
  readonly scale: number | undefined;
  readonly files: Readonly<Partial<Record<FileName, string>>>;
  /** Also make the video without plugins, to compare with. */
  readonly reference: boolean;
  readonly quiet: boolean;
}

export interface StagesSettings {
  readonly upsampler: string;
  readonly secondLoras: readonly Lora[];
  readonly secondPlugins: readonly string[];
  readonly statistics: string | undefined;
}

export interface PolicySettings {
  /** The model's own policy unless given. */
  readonly file: string | undefined;
  /** The policy's first row unless given. */
  readonly speedup: number | undefined;
  readonly control: boolean;
  readonly resample: boolean;
}

const FILES = [
  'config',
  'embeds',
  'firstFrames',
  'image',
  'lastImage',
  'imageLatents',
  'latentsOut',
  'noise',
  'ledger',
  'replay',
  'save',
  'resume',
  'report',
  'trace',
] as const satisfies readonly FlagName[];

export type FileName = (typeof FILES)[number];

/** Reads what was typed and the config file it names; what was typed wins. */
export async function readSettings(prompt: string | undefined, typed: Typed): Promise<Settings> {
  const values = readTyped(typed);
  const config: Config = values.config === undefined ? {} : await readConfig(String(values.config));
  const { model, variant, adapter, loras, fps, distilled, scales, ...alike } = config;
  const { plugins, policy, speedup, holdSpeedup, resample, count, out, ...fromFile } = alike;
  const fromLine = coreOptions(prompt, values);
  const options = { memoryBytes: memoryOfMachine(), ...fromFile, ...fromLine } as JsonOptions;
  const opening = openOptions(values, { variant, loras, fps, distilled, scales });
  checkScales(options, opening);
  return {
    options,
    model: {
      folder: textOf(values.model) ?? model,
      adapter: textOf(values.adapter) ?? adapter,
      options: opening,
    },
    stages: stagesOf(values),
    plugins: (values.plugin as readonly string[] | undefined) ?? plugins ?? [],
    policy: policyOf({
      file: textOf(values.policy) ?? policy,
      speedup: (values.speedup as number | undefined) ?? speedup,
      control: values.holdSpeedup === true || holdSpeedup === true,
      resample: values.resample === true || resample === true,
    }),
    count: (values.count as number | undefined) ?? count ?? 1,
    out: textOf(values.out) ?? out,
    scale: values.scale as number | undefined,
    files: Object.fromEntries(
      FILES.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
    ),
    reference: values.reference === true,
    quiet: values.quiet === true,
  };
}

/** A second stage is asked for by its upsampler; the rest alone means nothing. */
function stagesOf(values: Values): StagesSettings | undefined {
  const { secondLora = [], secondPlugin = [] } = values as Record<string, readonly string[] | undefined>;
  const [upsampler, statistics] = [textOf(values.upsampler), textOf(values.statistics)];
  const secondLoras = secondLora.map(readLora);
  if (upsampler !== undefined) return { upsampler, secondLoras, secondPlugins: secondPlugin, statistics };
  const alone = {
    '--second-lora': secondLora[0],
    '--second-plugin': secondPlugin[0],
    '--statistics': statistics,
  };
  const [flag] = Object.entries(alone).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return undefined;
  throw new SkipstoneError({
    code: 'option-missing',
    what: `${flag} is about the second of two stages`,
    have: 'no --upsampler',
    need: '--upsampler PATH',
    do: 'name the latent upsampler of the release',
  });
}

/** Asked for by a file or a speed-up; the rest alone means nothing. */
function policyOf(asked: PolicySettings): PolicySettings | undefined {
  const { file, speedup, control, resample } = asked;
  if (file !== undefined || speedup !== undefined) return asked;
  if (!control && !resample) return undefined;
  throw new SkipstoneError({
    code: 'option-missing',
    what: `${control ? '--hold-speedup' : '--resample'} is about a policy`,
    have: 'neither --policy nor --speedup',
    need: 'one of them',
    do: 'pass --speedup 2',
  });
}

/** What the model is asked when it is opened; clean first frames are, by being given. */
function openOptions(
  values: Values,
  fromFile: Pick<Config, 'variant' | 'loras' | 'fps' | 'distilled' | 'scales'>,
): OpenOptions {
  const loras = (values.lora as readonly string[] | undefined) ?? fromFile.loras ?? [];
  const asked = {
    variant: textOf(values.variant) ?? fromFile.variant,
    loras: loras.length > 0 ? loras.map(readLora) : undefined,
    fps: values.fps ?? fromFile.fps,
    distilled: values.distilled ?? (fromFile.distilled || undefined),
    scales: values.scales ?? fromFile.scales,
    firstFrame: values.firstFrames === undefined ? undefined : true,
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

/** `--guidance` is the scale `cfg` of every stream, so both cannot say it. */
function checkScales({ guidance }: JsonOptions, { scales = {} }: OpenOptions): void {
  const [stream] = Object.entries(scales).find(([, of]) => of.cfg !== undefined) ?? [];
  if (guidance === undefined || stream === undefined) return;
  throw new SkipstoneError({
    code: 'option-conflict',
    what: '--guidance is the scale cfg of every stream',
    have: `--guidance ${guidance} and --scales ${stream}.cfg=${scales[stream]?.cfg}`,
    need: 'one of them',
    do: 'leave --guidance out',
  });
}

type Values = Readonly<Partial<Record<FlagName, unknown>>>;

function readTyped(typed: Typed): Values {
  const values: Partial<Record<FlagName, unknown>> = {};
  for (const [name, value] of Object.entries(typed)) {
    if (Object.hasOwn(FLAGS, name)) values[name as FlagName] = readFlag(FLAGS[name as FlagName], value);
  }
  return values;
}

function readFlag({ flags, kind }: Flag, value: unknown): unknown {
  const option = flags.split(' ')[0] ?? flags;
  if (typeof value !== 'string') return value;
  switch (kind.kind) {
    case 'whole':
    case 'number':
      return readNumber(option, value, kind);
    case 'numbers':
      return readNumbers(option, value, kind);
    case 'numbers by name':
      return readNamedNumbers(option, value);
    case 'one of':
      return readChoice(option, value, kind.names);
    case 'size':
      return readSize(option, value);
    case 'bytes':
      return readBytes(option, value);
    case 'text':
    case 'list':
    case 'switch':
      return value;
    default:
      return kind satisfies never;
  }
}

/** Options that core knows by the same name. */
const SAME = [
  ...RUN_FLAGS,
  'negative',
  'seed',
  'keysValues',
  'maxRunSeconds',
] as const satisfies readonly (FlagName & keyof JsonOptions)[];

function coreOptions(prompt: string | undefined, values: Values): Readonly<Record<string, unknown>> {
  const options: Record<string, unknown> = { ...(values.size as object | undefined) };
  for (const name of SAME) if (values[name] !== undefined) options[name] = values[name];
  if (prompt !== undefined) options.prompt = prompt;
  if (values.memory !== undefined) options.memoryBytes = values.memory;
  if (values.gflops !== undefined) options.flopsPerSecond = 1e9 * Number(values.gflops);
  return options;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
