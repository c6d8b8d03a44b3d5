import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { SkipstoneError } from '../../error.js';

/** How a file's metadata scales all of its additions. */
export interface AlphaRule {
  /** alpha, where it is one number for the whole file. */
  readonly alpha: number | undefined;
  /** scale = alpha/√rank (rsLoRA) instead of alpha/rank. */
  readonly root: boolean;
}

/** Source: diffusers 0.40, `save_lora_adapter`: PEFT's LoraConfig as JSON, keys behind `transformer.`. */
const KEY = 'lora_adapter_metadata';

/** What diffusers writes beside a LoRA; nothing where it wrote nothing. */
export function alphaRule({ metadata, files }: Checkpoint): AlphaRule {
  const text = metadata[KEY];
  if (text === undefined) return { alpha: undefined, root: false };
  const fields = new Map(
    Object.entries(parsed(text)).map(([name, value]) => [name.replace(/^transformer\./, ''), value]),
  );
  const own = fields.get('alpha_pattern');
  const perModule = typeof own === 'object' && own !== null && Object.keys(own).length > 0;
  const alpha = fields.get('lora_alpha');
  const numeric = alpha === undefined || (typeof alpha === 'number' && Number.isFinite(alpha));
  if (numeric && !perModule && fields.get('use_dora') !== true) {
    return { alpha: alpha as number | undefined, root: fields.get('use_rslora') === true };
  }
  throw new SkipstoneError({
    code: 'low-rank-file',
    what: `${files[0]?.path}: its metadata scales additions in a way that is not known here`,
    have: perModule ? 'alpha_pattern' : numeric ? 'use_dora' : `lora_alpha ${JSON.stringify(alpha)}`,
    need: 'one lora_alpha for all, or an .alpha tensor beside each pair',
    do: 'convert the file to ComfyUI names, with alpha tensors',
  });
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
