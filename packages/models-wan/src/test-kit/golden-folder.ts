import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HostTensor, openCheckpoint, readTensor, writeSafetensors } from '@skipstone/core';

export const goldenFolder = (name: string): string =>
  fileURLToPath(new URL(`../../test-data/${name}`, import.meta.url));

/** A tensor of a golden's `io.safetensors`, one sample of it. */
export async function goldenTensor(name: string, tensor: string, index = 0): Promise<HostTensor> {
  const entry = (await openCheckpoint(join(goldenFolder(name), 'io.safetensors'))).tensors.get(tensor);
  if (!entry) throw new Error(`no ${tensor}`);
  const { type, shape, data } = await readTensor(entry);
  const size = data.length / (shape[0] ?? 1);
  return { type, shape: shape.slice(1), data: data.slice(index * size, (index + 1) * size) };
}

/** A copy of tensors of a golden's model under other names; those renamed to `undefined` are left out. */
export async function copyModel(
  name: string,
  to: string,
  rename: (name: string) => string | undefined,
): Promise<void> {
  const { tensors } = await openCheckpoint(join(goldenFolder(name), 'model.safetensors'));
  const copied: Record<string, HostTensor> = {};
  for (const [stored, entry] of tensors) {
    const renamed = rename(stored);
    if (renamed !== undefined) copied[renamed] = await readTensor(entry);
  }
  await mkdir(dirname(to), { recursive: true });
  await writeSafetensors(to, copied);
}

export async function putJson(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(content));
}
