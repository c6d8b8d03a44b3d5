import { fileURLToPath } from 'node:url';
import { type Checkpoint, type HostTensor, openCheckpoint, readJson, readTensor } from '@skipstone/core';
import { temporaryFolder } from '@skipstone/core/testing';
import { editedGolden, type GoldenEdits } from '@skipstone/golden';

/** A golden folder of an adapter's test data: a tiny model, and what it was run on. */
export interface GoldenFolder {
  readonly path: string;
  readonly config: unknown;
  readonly weights: Checkpoint;
  has(tensor: string): boolean;
  /** A tensor of `io.safetensors`, one sample of it. */
  read(tensor: string, sample?: number): Promise<HostTensor>;
}

/** With `edits`, a changed copy: the model of a later version, of which nothing was recorded. */
export async function goldenFolder(name: string, edits?: GoldenEdits): Promise<GoldenFolder> {
  const own = fileURLToPath(new URL(`../../../../${name.replace('/', '/test-data/')}/`, import.meta.url));
  const path = edits ? `${await editedGolden(own, await temporaryFolder('matrix'), edits)}/` : own;
  const io = await openCheckpoint(`${path}io.safetensors`);
  return {
    path,
    config: await readJson(`${path}config.json`),
    weights: await openCheckpoint(`${path}model.safetensors`),
    has: (tensor) => io.tensors.has(tensor),
    read: async (tensor, sample = 0) => {
      const entry = io.tensors.get(tensor);
      if (!entry) throw new Error(`${name}: no ${tensor}`);
      const { type, shape, data } = await readTensor(entry);
      const size = data.length / (shape[0] ?? 1);
      return { type, shape: shape.slice(1), data: data.slice(sample * size, (sample + 1) * size) };
    },
  };
}
