import { z } from 'zod';
import { checkedJson } from '../../adapter/checked-json.js';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import type { Files } from '../../checkpoint/files.js';
import { readJson } from '../../checkpoint/read-json.js';
import { lowRankFault } from './low-rank-fault.js';

/** What one place says of a pair: alpha, divided by the rank or (rsLoRA) by its root. */
export interface SaidScale {
  readonly alpha: number;
  readonly root: boolean;
  /** Rank of the pair, where this place has it. */
  readonly rank?: number | undefined;
  /** The place, in words. */
  readonly from: string;
}

/** A place beside the pairs that may say how they are scaled. */
export type ScaleSource = (module: string, second: boolean) => SaidScale | undefined;

/** Written by people and scripts; the last one by kohya's trainers. */
const NUMBERS = ['alpha', 'lora_alpha', 'ss_network_alpha'] as const;

/** What kohya's tools write where every pair has its own, or where alpha is the rank. */
const UNSAID = /^(none|dynamic|0(\.0*)?|)$/i;

/** Source: diffusers 0.40, `save_lora_adapter`: PEFT's LoraConfig as JSON, keys behind the transformer's name. */
const ADAPTER = 'lora_adapter_metadata';

/** PEFT's own file, beside the weights. */
const CONFIG = 'adapter_config.json';

/** Everything beside the pairs that scales them. `path`: the file or folder as it was named, links and all. */
export async function scaleSources(
  file: Checkpoint,
  path: string,
  files: Files,
): Promise<{ readonly sources: readonly ScaleSource[]; readonly beside: unknown }> {
  const { metadata } = file;
  const numbers = NUMBERS.flatMap((key) => {
    const text = metadata[key]?.trim();
    if (text === undefined || UNSAID.test(text)) return [];
    const alpha = Number(text);
    const from = `${key} of its metadata`;
    if (!Number.isFinite(alpha)) throw lowRankFault(file, `${from} is not a number`, text.slice(0, 80));
    return [() => ({ alpha, root: false, from })];
  });
  const adapter = metadata[ADAPTER] === undefined ? [] : [adapterSource(file, metadata[ADAPTER])];
  const folder = (await files.kind(path)) === 'folder' ? path : files.folderOf(path);
  const config = files.join(folder, CONFIG);
  const beside = (await files.kind(config)) === 'file' ? await readJson(config, files) : undefined;
  const peft = beside === undefined ? [] : [peftSource(file, beside, CONFIG)];
  return { sources: [...numbers, ...adapter, ...peft], beside };
}

function adapterSource(file: Checkpoint, text: string): ScaleSource {
  const fields = Object.entries(checked(file, z.record(z.string(), z.unknown()), parsed(text), ADAPTER));
  const of = (prefix: RegExp): ScaleSource => {
    const own = fields.filter(([key]) => prefix.test(key));
    if (own.length === 0) return () => undefined;
    const json = Object.fromEntries(own.map(([key, value]) => [key.replace(prefix, ''), value]));
    return peftSource(file, json, `${ADAPTER} of its metadata`);
  };
  // Those of a model that was saved alone have no prefix.
  const [first, second] = [of(/^transformer\.|^(?!.*\.)/), of(/^transformer_2\./)];
  return (module, isSecond) => (isSecond ? second : first)(module, isSecond);
}

const perModule = z.record(z.string(), z.number()).nullish();

/** Source: peft 0.21, LoraConfig and its defaults; what changes no scale is not read. */
const schema = z.object({
  peft_type: z.literal('LORA').nullish(),
  r: z.number().nullish(),
  lora_alpha: z.number().default(8),
  alpha_pattern: perModule,
  rank_pattern: perModule,
  use_rslora: z.boolean().nullish(),
  use_dora: z.literal(false).nullish(),
  fan_in_fan_out: z.literal(false).nullish(),
  // These change the base weights.
  init_lora_weights: z.union([z.boolean(), z.string().regex(/^(?!pissa|olora|corda|loftq)/i)]).nullish(),
});

function peftSource(file: Checkpoint, json: unknown, from: string): ScaleSource {
  const { r, lora_alpha, alpha_pattern, rank_pattern, use_rslora } = checked(file, schema, json, from);
  const alphaOf = byModule(file, alpha_pattern, from);
  const rankOf = byModule(file, rank_pattern, from);
  return (module) => ({
    ...{ alpha: alphaOf(module) ?? lora_alpha, root: use_rslora === true },
    ...{ rank: rankOf(module) ?? r ?? undefined, from },
  });
}

/** PEFT's patterns are regular expressions of the end of a module's name; the first one that matches counts. */
function byModule(file: Checkpoint, patterns: z.infer<typeof perModule>, from: string) {
  const compiled = Object.entries(patterns ?? {}).map(([pattern, value]) => {
    try {
      return [new RegExp(`^(?:.*\\.)?(?:${pattern})$`), value] as const;
    } catch {
      throw lowRankFault(file, `${from} has a pattern that cannot be read`, pattern);
    }
  });
  return (module: string) => compiled.find(([pattern]) => pattern.test(module))?.[1];
}

const checked = <Schema extends z.ZodType>(file: Checkpoint, schema: Schema, json: unknown, from: string) =>
  checkedJson(schema, json, {
    code: 'low-rank-file',
    what: `${file.files[0]?.path}: ${from} scales its additions in a way that is not served`,
    need: 'a LoRA of PEFT: lora_alpha, r, alpha_pattern, rank_pattern, use_rslora; no use_dora',
    do: 'name a plain LoRA, or a checkpoint that this one was merged into by the tool it was trained with',
  });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
