import { expect, test } from 'vitest';
import { rejectionOf } from '../testing/fault.js';
import { memoryFiles } from './memory-files.js';
import { openCheckpoint } from './open.js';
import { writeSafetensors } from './write.js';

/** A folder whose files hold a tensor of their own name each; indexes name the shards that are given. */
async function folderOf(names: readonly string[], indexes: Readonly<Record<string, readonly string[]>> = {}) {
  const files = memoryFiles();
  for (const name of names) {
    await writeSafetensors(
      `/w/${name}`,
      { [name]: { type: 'uint8', shape: [1], data: Uint8Array.of(1) } },
      { files },
    );
  }
  for (const [name, shards] of Object.entries(indexes)) {
    const weight_map = Object.fromEntries(shards.map((shard) => [shard, shard]));
    files.contents.set(`/w/${name}`, new TextEncoder().encode(JSON.stringify({ weight_map })));
  }
  const held = async (variant?: string) => [
    ...(await openCheckpoint('/w', { files, variant })).tensors.keys(),
  ];
  return { files, held };
}

const STEM = 'diffusion_pytorch_model';
const NEW = [`${STEM}.fp16-00001-of-00002.safetensors`, `${STEM}.fp16-00002-of-00002.safetensors`];
const OLD = NEW.map((name) => `${name.replace('.fp16', '').replace('.safetensors', '')}.fp16.safetensors`);

test.each([
  ['one file', [`${STEM}.fp16.safetensors`], undefined],
  ["shards under the hub's index", NEW, `${STEM}.safetensors.index.fp16.json`],
  ['shards under an index of their name', NEW, `${STEM}.fp16.safetensors.index.json`],
  ['shards of older names', OLD, `${STEM}.safetensors.index.fp16.json`],
  ["transformers' file", ['model.bf16.safetensors'], undefined],
])(
  'a variant of %s is opened where it is asked for, and named where it is all there is',
  async (_, names, index) => {
    const { held } = await folderOf(names, index === undefined ? {} : { [index]: names });
    const variant = names[0]?.includes('bf16') ? 'bf16' : 'fp16';
    expect(await held(variant)).toEqual(names);
    const { lines } = await rejectionOf(held());
    expect(lines).toMatchObject({
      what: '/w has no weights without a variant',
      have: `nothing but the variant ${variant}`,
      do: `pass --variant ${variant} ({ variant: '${variant}' })`,
    });
  },
);

test('weights without a variant are taken where none is asked for', async () => {
  const { held } = await folderOf([`${STEM}.safetensors`, `${STEM}.fp16.safetensors`, 'other.safetensors']);
  expect(await held()).toEqual([`${STEM}.safetensors`]);
  expect(await held('fp16')).toEqual([`${STEM}.fp16.safetensors`]);
  const { lines } = await rejectionOf(held('ema'));
  expect(lines.what).toBe('/w has no weights of the variant ema');
  expect(lines.have).toBe('the variant fp16');
  expect(lines.need).toContain(`${STEM}.ema.safetensors`);
});

test('a variant of nothing, and one of a file, is refused', async () => {
  const { held, files } = await folderOf([`${STEM}.safetensors`]);
  expect((await rejectionOf(held('fp16'))).lines.do).toBe('leave the variant out');
  const path = `/w/${STEM}.safetensors`;
  const { lines } = await rejectionOf(openCheckpoint(path, { files, variant: 'fp16' }));
  expect(lines.need).toBe('a folder');
});

test('shards without an index say that it is missing', async () => {
  const { held } = await folderOf(NEW.map((name) => name.replace('.fp16', '')));
  expect((await rejectionOf(held())).lines.do).toBe('download their index too (*.safetensors.index.json)');
});
