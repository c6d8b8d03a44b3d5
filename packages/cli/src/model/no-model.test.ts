import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lines, skipstone } from '../test-kit/skipstone.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-no-model-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const errorOf = async (path: string): Promise<string> =>
  (await skipstone(folder, 'plan', '--model', path)).stderr;

test('a path with nothing there is refused', { timeout: 60_000 }, async () => {
  expect(await errorOf('nowhere')).toBe(
    lines(
      '--model nowhere: nothing is there',
      'no file or folder',
      'the folder of a model in the layout of diffusers or of its release, or its .safetensors file',
      'check the path',
    ),
  );
});

test('a pickle is refused with the way to convert it, as file and in a folder', {
  timeout: 60_000,
}, async () => {
  await writeFile(join(folder, 'model-720p-16fps.pt'), 'never read');
  for (const path of ['model-720p-16fps.pt', '.']) {
    const error = await errorOf(path);
    expect(error).toContain('model-720p-16fps.pt is a pickle, which is not opened');
    expect(error).toContain('convert it once');
  }
});

test.each(['HunyuanVideoTransformer3DModel', 'WanVACETransformer3DModel', 'WanAnimateTransformer3DModel'])(
  'another transformer is refused by its class: %s',
  { timeout: 60_000 },
  async (name) => {
    await writeFile(join(folder, 'config.json'), JSON.stringify({ _class_name: name }));
    const error = await errorOf('.');
    expect(error).toContain('--model .: a transformer of this class cannot be run');
    expect(error).toContain(`have   ${name}`);
    expect(error).toContain(
      'CosmosTransformer3DModel (Cosmos-Predict2), LTX2VideoTransformer3DModel (LTX-2), Wan',
    );
  },
);
