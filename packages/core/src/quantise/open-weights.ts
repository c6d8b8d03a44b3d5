import type { Checkpoint, Conversion, TensorEntry } from '../checkpoint/checkpoint.js';
import { DTYPE_BYTES } from '../checkpoint/dtype.js';
import { withSource } from '../checkpoint/files.js';
import { isFloat8 } from '../checkpoint/float8.js';
import { PREFIX_BYTES, parseHeader } from '../checkpoint/header.js';
import { type OpenOptions, openCheckpoint } from '../checkpoint/open.js';
import { safetensorsHeader, writeSafetensors } from '../checkpoint/write.js';
import { bfloat16Tensor } from './bfloat16-tensor.js';
import { sidecarFiles } from './default-sidecar-files.js';
import { float8Tensors } from './float8-tensors.js';
import { intoSidecar } from './into-sidecar.js';
import type { SidecarFiles } from './sidecar-files.js';
import { SIDECAR_VERSION, sidecarName } from './sidecar-name.js';

export interface OpenWeightsOptions extends OpenOptions {
  /** Where sidecars lie; `~/.cache/skipstone` unless given, see `defaultSidecarFolder`. */
  readonly folder?: string;
  /** Where to read and write; Node's file system unless given. */
  readonly files?: SidecarFiles;
}

/** Other parts of a release that lie in one file with its transformer, whose names then have a prefix of their own. */
const OTHER_PARTS =
  /^(?:vae|audio_vae|vocoder|first_stage_model|text_encoders|cond_stage_model|conditioner|clip_vision)\./;

/**
 * Opens the weights of a transformer, as `openCheckpoint` does, without other parts of its release. 8-bit floats
 * (F8_E4M3, F8_E5M2), scaled or not, become bfloat16 in a sidecar file: the entries lead there, and `conversion` makes
 * it before weights are first read. bfloat16 and not `int8`: it is as exact as 8-bit floats are without a scale or with
 * a power of two, within 2⁻⁸ of each value with another (their own rounding is up to 2⁻⁴), and a checkpoint like any
 * other, of which `--precision int8` can be made.
 */
export async function openWeights(path: string, options: OpenWeightsOptions = {}): Promise<Checkpoint> {
  const files = await sidecarFiles(options.files);
  const whole = await openCheckpoint(path, { ...options, files });
  const tensors = new Map([...whole.tensors].filter(([name]) => !OTHER_PARTS.test(name)));
  const checkpoint = Object.freeze({ ...whole, tensors });
  if (![...tensors.values()].some(({ dtype }) => isFloat8(dtype))) return checkpoint;
  const folder = await realFolder(options.folder ?? files.defaultFolder(), files);
  return inBfloat16(checkpoint, folder, files);
}

async function inBfloat16(checkpoint: Checkpoint, folder: string, files: SidecarFiles): Promise<Checkpoint> {
  const { float8, rest } = await float8Tensors(checkpoint, files);
  if (float8.size === 0) return Object.freeze({ ...checkpoint, tensors: rest });
  const path = files.join(folder, sidecarName(checkpoint.fingerprint, 'bf16'));
  const metadata = {
    'skipstone.fingerprint': checkpoint.fingerprint,
    'skipstone.model': 'an fp8 checkpoint',
    'skipstone.form': `bf16, version ${SIDECAR_VERSION}`,
  };
  const streamed = (signal?: AbortSignal) =>
    Object.fromEntries([...float8].map(([name, one]) => [name, bfloat16Tensor(one, files, signal)]));
  // The same tensors give the same bytes, so it is known where each will lie before one is written.
  const header = safetensorsHeader(streamed(), metadata);
  const values = [...float8.values()].reduce((sum, { entry }) => sum + entry.byteLength, 0);
  const bytes = header.byteLength + DTYPE_BYTES.BF16 * values;
  const tensors = new Map(rest);
  for (const tensor of parseHeader(header.subarray(PREFIX_BYTES), bytes, path).tensors) {
    tensors.set(tensor.name, Object.freeze({ ...tensor, file: path }));
  }
  const conversion: Conversion = {
    ...{ file: path, bytes },
    make: async (tell, signal) => {
      const about = `${float8.size} tensors of 8-bit floats as bfloat16, ${(bytes / 2 ** 30).toFixed(2)} GiB`;
      if (await isThere(path, header, bytes, files)) return tell(`${about}: ${path}`);
      tell(`making ${about}, in ${path}`);
      await files.removeAbandoned(folder);
      await intoSidecar({ folder, files, bytes }, () =>
        writeSafetensors(path, streamed(signal), { metadata, files }),
      );
    },
  };
  return Object.freeze({ ...checkpoint, tensors: inOrder(tensors, checkpoint.tensors), conversion });
}

/** Entries in the order that the checkpoint has them in. */
const inOrder = (
  tensors: ReadonlyMap<string, TensorEntry>,
  like: Checkpoint['tensors'],
): Checkpoint['tensors'] =>
  new Map(
    [...like.keys()].flatMap((name) => {
      const entry = tensors.get(name);
      return entry ? [[name, entry] as const] : [];
    }),
  );

/** True if a whole file with this header lies there: it names the checkpoint it was made from. */
async function isThere(
  path: string,
  header: Uint8Array,
  bytes: number,
  files: SidecarFiles,
): Promise<boolean> {
  if ((await files.sizeOf(path)) !== bytes) return false;
  const have = await withSource(files, path, (source) => source.read(0, header.byteLength));
  return have.every((byte, i) => byte === header[i]);
}

/** The real path of a folder that may not be there yet: the runtime opens files by their real paths. */
async function realFolder(folder: string, files: SidecarFiles): Promise<string> {
  if ((await files.kind(folder)) === 'folder') return files.realPath(folder);
  const above = files.folderOf(folder);
  return above === folder ? folder : files.join(await realFolder(above, files), folder.slice(above.length));
}
