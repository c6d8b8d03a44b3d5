import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { writeSafetensors } from '../checkpoint/write.js';
import { SkipstoneError } from '../error.js';
import type { OpenModel } from '../graph/model-weights.js';
import type { QuantisedWeight, WeightSource } from '../graph/weights.js';
import { quantisedShapes } from './blocks.js';
import { sidecarFiles } from './default-sidecar-files.js';
import { type BlockForm, blockForm, matrixForm } from './form.js';
import { intoSidecar } from './into-sidecar.js';
import { type Matrix, quantisedMatrices } from './matrices.js';
import { quantisedSource, sidecarBytes } from './quantised-source.js';
import type { SidecarFiles } from './sidecar-files.js';
import { SIDECAR_VERSION, sidecarName } from './sidecar-name.js';
import { bytesToRead, scalesName, sidecarTensors } from './sidecar-tensors.js';

export interface SidecarOptions {
  readonly bits: BlockForm['bits'];
  /** Values that share a scale: 16, 32, 64, 128 or 256; the measured default of `form.ts` unless given. */
  readonly block?: number;
  /** Where sidecars lie; `~/.cache/skipstone` unless given, see `defaultSidecarFolder`. */
  readonly folder?: string;
  /** Told only while a sidecar is made, first with `doneBytes` 0. */
  readonly onProgress?: (progress: SidecarProgress) => void;
  /** Stops the making between two stretches of weights; nothing is left behind. */
  readonly signal?: AbortSignal;
  /** Where to read and write; Node's file system unless given. */
  readonly files?: SidecarFiles;
}

export interface SidecarProgress {
  /** The file that is being made. */
  readonly file: string;
  /** What it will take on the disk. */
  readonly fileBytes: number;
  /** Bytes of weights read, of `totalBytes`; every quantised weight is read twice. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface QuantisedWeights {
  /** The model's weights, those of `quantisedMatrices` from the sidecar. */
  readonly weights: WeightSource;
  readonly file: string;
  /** Size of the file. */
  readonly bytes: number;
  /** False where an earlier run had made it. */
  readonly made: boolean;
}

/**
 * A model's weights in 8 or 4 bits: from its sidecar file, which is made first where there is none that
 * fits. Made by streaming (see `sidecar-tensors.ts` for what stands in memory) under another name, and
 * renamed when complete: a killed run leaves nothing that a later one would take for whole, and two
 * processes that make the same one end with one file, since both write the same bytes.
 */
export async function quantisedWeights(model: OpenModel, options: SidecarOptions): Promise<QuantisedWeights> {
  const form = blockForm(options.bits, options.block);
  const files = await sidecarFiles(options.files);
  const matrices = quantisedMatrices(model);
  const folder = options.folder ?? files.defaultFolder();
  const path = files.join(folder, sidecarName(model.checkpoint.fingerprint, form));
  await files.removeAbandoned(folder);
  const there = await openFitting(path, model, matrices, form, files);
  if (there) return { ...there, made: false };
  await make(path, model, matrices, form, { ...options, folder, files });
  const made = await openFitting(path, model, matrices, form, files);
  if (made) return { ...made, made: true };
  throw new SkipstoneError({
    code: 'quantise-lost',
    what: `${path} is not what was written`,
    have: 'another file under its name',
    need: 'the file as it was written a moment ago',
    do: 'see whether another program clears or writes this folder, or name another with SKIPSTONE_CACHE',
  });
}

type Opened = Omit<QuantisedWeights, 'made'>;

/** The sidecar at a path if it is one of this model, whole, in this form; `undefined` if it must be made. */
async function openFitting(
  path: string,
  model: OpenModel,
  matrices: readonly Matrix[],
  form: BlockForm,
  files: SidecarFiles,
): Promise<Opened | undefined> {
  if ((await files.kind(path)) !== 'file') return undefined;
  const sidecar = await openCheckpoint(path, { files }).catch((error: unknown) => {
    // Damaged, as after a full disk: it is ours by name, and made anew.
    if (error instanceof SkipstoneError) return undefined;
    throw error;
  });
  if (sidecar?.metadata['skipstone.fingerprint'] !== model.checkpoint.fingerprint) return undefined;
  const quantised = new Map<string, QuantisedWeight>();
  for (const matrix of matrices) {
    const { name, shape } = matrix;
    const own = matrixForm(form, matrix);
    const shapes = quantisedShapes(shape, own);
    const values = entryOf(sidecar, name, shapes.values);
    const scales = entryOf(sidecar, scalesName(name), shapes.scales);
    if (!values || !scales) return undefined;
    quantised.set(name, { kind: 'quantised', ...own, values, scales });
  }
  const [{ path: file, bytes } = { path, bytes: 0 }] = sidecar.files;
  return { weights: quantisedSource(model, quantised), file, bytes };
}

function entryOf(sidecar: Checkpoint, name: string, shape: readonly number[]) {
  const entry = sidecar.tensors.get(name);
  if (entry?.shape.join() !== shape.join()) return undefined;
  const { file, offset, byteLength } = entry;
  return { file, offset, byteLength };
}

async function make(
  path: string,
  model: OpenModel,
  matrices: readonly Matrix[],
  form: BlockForm,
  options: SidecarOptions & { readonly folder: string; readonly files: SidecarFiles },
): Promise<void> {
  const { folder, files, onProgress, signal } = options;
  await model.weights.conversion?.make(() => {}, signal);
  const fileBytes = matrices.reduce((sum, matrix) => {
    const { values, scales } = sidecarBytes(matrix, form);
    return sum + values + scales;
  }, 0);
  const totalBytes = bytesToRead(matrices);
  let doneBytes = 0;
  const onBytes = (bytes: number): void => {
    doneBytes += bytes;
    onProgress?.({ file: path, fileBytes, doneBytes, totalBytes });
  };
  const metadata = {
    'skipstone.fingerprint': model.checkpoint.fingerprint,
    'skipstone.model': model.spec.name,
    'skipstone.form': `int${form.bits}, block ${form.block}, version ${SIDECAR_VERSION}`,
  };
  const streaming = { files, form, onBytes, ...(signal ? { signal } : {}) };
  await intoSidecar({ folder, files, bytes: fileBytes }, () => {
    onBytes(0);
    return writeSafetensors(path, sidecarTensors(matrices, streaming), { metadata, files });
  });
}
