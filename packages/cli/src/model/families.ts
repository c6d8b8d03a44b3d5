import { stat } from 'node:fs/promises';
import { findTransformer, type Lora, readJson, SkipstoneError, type VideoModel } from '@skipstone/core';

/** What a model is asked when it is opened; a family has some of these options or none. */
export interface OpenOptions {
  /** Which of the weights in its folder: `fp16`. */
  readonly variant?: string | undefined;
  /** Low-rank additions to the model. */
  readonly loras?: readonly Lora[];
  /** Frames of the video a second. */
  readonly fps?: number;
  /** True for a distilled checkpoint: few steps, no guidance. */
  readonly distilled?: boolean;
  /** Scales of guidance by stream and name. */
  readonly scales?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** True if clean first frames will be given. */
  readonly firstFrame?: boolean;
}

/** Models that are opened one way. */
export interface ModelFamily {
  readonly name: string;
  /** The options it has; the others are refused. */
  readonly options: readonly (keyof OpenOptions)[];
  open(path: string, options: OpenOptions): Promise<VideoModel>;
}

/** A family that comes with the command, which knows its models by their files. */
interface KnownFamily extends ModelFamily {
  is(path: string): Promise<boolean>;
  /** Classes of its transformers in `config.json`. */
  readonly classes: readonly string[];
}

const cosmos = () => import('@skipstone/models-cosmos');
const ltx = () => import('@skipstone/models-ltx');

/** In the order of asking. Each package loads when it is asked. */
const FAMILIES: readonly KnownFamily[] = [
  {
    name: 'Cosmos-Predict2',
    options: ['variant', 'loras', 'fps'],
    classes: ['CosmosTransformer3DModel'],
    is: async (path) => (await cosmos()).isCosmos(path),
    open: async (path, options) => (await cosmos()).openCosmos(path, options),
  },
  {
    name: 'LTX-2',
    options: ['variant', 'loras', 'fps', 'distilled', 'scales', 'firstFrame'],
    classes: ['LTX2VideoTransformer3DModel'],
    is: async (path) => (await ltx()).isLtx(path),
    open: async (path, options) => (await ltx()).openLtx(path, options),
  },
  {
    // The last, and asked about whatever is left: it says best what is wrong with a folder.
    name: 'Wan',
    options: ['variant', 'loras'],
    classes: ['WanTransformer3DModel', 'WanModel'],
    is: async () => true,
    open: async (path, options) => (await import('@skipstone/models-wan')).openWan(path, options),
  },
];

/** The family of the model at a path; refuses nothing at all, and a transformer of a class that no family has. */
export async function familyOf(path: string): Promise<ModelFamily | undefined> {
  if (!(await stat(path).catch(() => undefined))) throw nothingAt(path);
  await assertKnownClass(path);
  for (const family of FAMILIES) if (await family.is(path)) return family;
  return undefined;
}

/** Families that come with the command and have an option. */
export const familiesWith = (option: keyof OpenOptions): readonly string[] =>
  FAMILIES.filter(({ options }) => options.includes(option)).map(({ name }) => name);

async function assertKnownClass(path: string): Promise<void> {
  const { config } = await findTransformer(path);
  if (config === undefined) return;
  const found = ((await readJson(config)) as { readonly _class_name?: unknown } | null)?._class_name;
  if (typeof found !== 'string' || FAMILIES.some(({ classes }) => classes.includes(found))) return;
  throw new SkipstoneError({
    code: 'model-class',
    what: `--model ${path}: a transformer of this class cannot be run`,
    have: `${found}, says ${config}`,
    need: FAMILIES.map(({ name, classes }) => `${classes.join(' or ')} (${name})`).join(', '),
    do: 'name another model, or pass --adapter with a module that opens this one',
  });
}

function nothingAt(path: string): SkipstoneError {
  return new SkipstoneError({
    code: 'model-missing',
    what: `--model ${path}: nothing is there`,
    have: 'no file or folder',
    need: 'the folder of a model in the layout of diffusers or of its release, or its .safetensors file',
    do: 'check the path',
  });
}
