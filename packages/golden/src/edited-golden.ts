import {
  type Checkpoint,
  type Dtype,
  defaultFiles,
  type Files,
  findTensor,
  type HostTensor,
  openCheckpoint,
  readBytes,
  type TensorEntry,
  withSource,
  writeSafetensors,
} from '@skipstone/core';

/** A value to put at an index of a tensor, or `null` to leave the tensor out. */
export type TensorEdit = { readonly at: number; readonly value: number } | null;

export interface GoldenEdits {
  /** Fields of `case.json` and `config.json` to set; `undefined` takes one away. */
  readonly case?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Tensors of `io.safetensors`, `model.safetensors` and `lora.safetensors` to change. */
  readonly io?: Readonly<Record<string, TensorEdit>>;
  readonly model?: Readonly<Record<string, TensorEdit>>;
  readonly lora?: Readonly<Record<string, TensorEdit>>;
  /** The name in the copy of each of the model's tensors. */
  readonly rename?: (name: string) => string;
  /** Tensors that the copy's model has beside. */
  readonly beside?: Readonly<Record<string, HostTensor>>;
}

/**
 * Copies a golden folder into an empty one and changes it on the way: how a verifier's tests prove that it
 * looks. A verifier that calls a broken copy verified does not.
 */
export async function editedGolden(from: string, to: string, edits: GoldenEdits): Promise<string> {
  const files = await defaultFiles(undefined);
  await copyJson(files, from, to, 'case.json', edits.case);
  await copyJson(files, from, to, 'config.json', edits.config);
  await copyTensors(files, from, to, 'io.safetensors', { model: edits.io ?? {} });
  await copyTensors(files, from, to, 'lora.safetensors', { model: edits.lora ?? {} });
  await copyTensors(files, from, to, 'model.safetensors', edits);
  return to;
}

async function copyJson(
  files: Files,
  from: string,
  to: string,
  name: string,
  fields: GoldenEdits['case'] = {},
): Promise<void> {
  const path = files.join(from, name);
  const bytes = await withSource(files, path, (source) => source.read(0, source.size));
  const text = JSON.stringify({ ...JSON.parse(new TextDecoder().decode(bytes)), ...fields });
  const sink = await files.create(files.join(to, name));
  await sink.write(new TextEncoder().encode(text));
  await sink.commit();
}

async function copyTensors(
  files: Files,
  from: string,
  to: string,
  name: string,
  { model: edits = {}, rename = (same) => same, beside = {} }: GoldenEdits,
): Promise<void> {
  const path = files.join(from, name);
  if ((await files.kind(path)) === 'missing') return;
  const checkpoint = await openCheckpoint(path, { files });
  for (const tensor of Object.keys(edits)) findTensor(checkpoint, tensor);
  const tensors = (await editedTensors(checkpoint, edits)).map(
    ([stored, tensor]) => [rename(stored), tensor] as const,
  );
  await writeSafetensors(files.join(to, name), { ...Object.fromEntries(tensors), ...beside }, { files });
}

async function editedTensors(checkpoint: Checkpoint, edits: Readonly<Record<string, TensorEdit>>) {
  const kept = [...checkpoint.tensors.values()].filter(({ name }) => edits[name] !== null);
  const entries = kept.map(async (entry) => {
    const bytes = await editedBytes(entry, edits[entry.name] ?? undefined);
    return [entry.name, { dtype: entry.dtype, shape: entry.shape, pieces: () => [bytes] }] as const;
  });
  return Promise.all(entries);
}

async function editedBytes(entry: TensorEntry, edit: Exclude<TensorEdit, null> | undefined) {
  const bytes = await readBytes(entry);
  const put = PUT[entry.dtype];
  if (!edit) return bytes;
  if (!put) throw new TypeError(`cannot edit a tensor of type ${entry.dtype}`);
  put(new DataView(bytes.buffer), edit.at, edit.value);
  return bytes;
}

const PUT: Partial<Record<Dtype, (view: DataView, at: number, value: number) => void>> = {
  F64: (view, at, value) => view.setFloat64(8 * at, value, true),
  F32: (view, at, value) => view.setFloat32(4 * at, value, true),
  I64: (view, at, value) => view.setBigInt64(8 * at, BigInt(value), true),
  I32: (view, at, value) => view.setInt32(4 * at, value, true),
  U8: (view, at, value) => view.setUint8(at, value),
};
