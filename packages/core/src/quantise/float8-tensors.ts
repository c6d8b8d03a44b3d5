import type { Checkpoint, TensorEntry } from '../checkpoint/checkpoint.js';
import type { Files } from '../checkpoint/files.js';
import { isFloat8 } from '../checkpoint/float8.js';
import { readBytes } from '../checkpoint/read.js';
import { SkipstoneError } from '../error.js';

/** A tensor of 8-bit floats, and what its values are multiplied by. */
export interface Float8Tensor {
  readonly entry: TensorEntry;
  /** One value, or one for each row. */
  readonly scale?: TensorEntry;
}

/** What lies beside a weight: names of ComfyUI and of model optimisers, in front of which stands the module. */
const SCALE = /^(.+)\.(?:scale_weight|weight_scale)$/;
/** How a device that multiplies 8-bit floats rounds activations, and marks of the form: values do not depend on them. */
const UNREAD = /(?:^|\.)scaled_fp8$|\.(?:scale_input|input_scale)$/;
const FORM = /\.comfy_quant$/;
/** Forms in which a value is its 8 bits times a scale, and fields that say nothing about values. */
const PLAIN = new Set(['float8_e4m3fn', 'float8_e5m2']);
const FIELDS = ['format', 'full_precision_matrix_mult'];

/**
 * The 8-bit floats of a checkpoint by name, with their scales; `rest`, what else it holds. Marks and scales of
 * activations (`scaled_fp8`, `comfy_quant`, `scale_input`, `input_scale`) belong to neither. Refuses scales that are
 * not one value or one for each row of an 8-bit weight, and forms in which values are more than bits times scale.
 */
export async function float8Tensors(
  checkpoint: Checkpoint,
  files: Files,
): Promise<{
  readonly float8: ReadonlyMap<string, Float8Tensor>;
  readonly rest: ReadonlyMap<string, TensorEntry>;
}> {
  const { tensors, metadata } = checkpoint;
  const scales = new Map<string, TensorEntry>();
  const rest = new Map<string, TensorEntry>();
  for (const [name, entry] of tensors) {
    const [, module] = SCALE.exec(name) ?? [];
    if (module !== undefined) {
      const other = scales.get(`${module}.weight`);
      if (other) throw refused(entry, 'is one of two scales of one weight', other.name);
      scales.set(`${module}.weight`, entry);
    } else if (FORM.test(name)) {
      assertPlain(entry, await formOf(entry, files));
    } else if (!UNREAD.test(name)) rest.set(name, entry);
  }
  for (const form of layersOf(metadata)) assertPlain(undefined, form);
  for (const [weight, scale] of scales) assertScale(scale, tensors.get(weight));
  const float8 = new Map<string, Float8Tensor>();
  for (const [name, entry] of rest) {
    if (!isFloat8(entry.dtype)) continue;
    const scale = scales.get(name);
    float8.set(name, { entry, ...(scale && { scale }) });
  }
  for (const name of float8.keys()) rest.delete(name);
  return { float8, rest };
}

/** What newer files say of each layer in their metadata. */
function layersOf({ _quantization_metadata: text = '{}' }: Checkpoint['metadata']): readonly unknown[] {
  const said = parsed(text);
  const layers = typeof said === 'object' && said !== null && 'layers' in said ? said.layers : said;
  return typeof layers === 'object' && layers !== null ? Object.values(layers) : [layers];
}

const formOf = async (entry: TensorEntry, files: Files): Promise<unknown> =>
  parsed(new TextDecoder().decode(await readBytes(entry, { files })));

/** What is no JSON stays text: no form that is read. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function assertPlain(entry: TensorEntry | undefined, form: unknown): void {
  const fields = Object.entries(typeof form === 'object' && form !== null ? form : { form });
  const format = String(Object.fromEntries(fields).format);
  if (PLAIN.has(format) && fields.every(([field]) => FIELDS.includes(field))) return;
  throw refused(entry, 'says that weights are in a form that is not read', JSON.stringify(form));
}

function assertScale(scale: TensorEntry, weight: TensorEntry | undefined): void {
  if (!weight || !isFloat8(weight.dtype)) {
    throw refused(scale, 'scales no weight of 8-bit floats', weight?.dtype ?? 'no weight of its name');
  }
  if (!/^(B?F16|F32|F64)$/.test(scale.dtype))
    throw refused(scale, 'is a scale of a type that is not read', scale.dtype);
  const values = scale.shape.reduce((a, b) => a * b, 1);
  if (values === 1 || (values === weight.shape[0] && scale.shape[0] === values)) return;
  throw refused(
    scale,
    'has a shape that scales do not have',
    `${shown(scale)} for a weight ${shown(weight)}`,
  );
}

const shown = ({ shape }: TensorEntry): string => `[${shape.join(', ')}]`;

function refused(entry: TensorEntry | undefined, what: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'float8-form',
    what: entry
      ? `'${entry.name}' in ${entry.file} ${what}`
      : `the checkpoint's _quantization_metadata ${what}`,
    have,
    need: 'F8_E4M3 or F8_E5M2, scaled by one float for each weight or for each of its rows, or not at all',
    do: 'use the fp8 or fp8_scaled file of the model, or its bf16 one',
  });
}
