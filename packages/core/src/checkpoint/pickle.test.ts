import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openCheckpoint } from './open.js';

it.each(['model.pt', 'model.pth', 'pytorch_model.bin'])(
  'a pickle is refused with the way out: %s',
  async (name) => {
    const folder = join(await temporaryFolder('pickle'), 'a');
    await mkdir(folder);
    await writeFile(join(folder, name), 'never read');
    for (const path of [join(folder, name), folder]) {
      const error = await openCheckpoint(path).then(
        () => 'it was opened',
        (e: Error) => e.message,
      );
      expect(error).toContain(`${name} is a pickle, which is not opened`);
      expect(error).toContain('a program that Python would run');
      expect(error).toContain(".safetensors')");
      expect(error).toContain('weights_only=False: that runs what the file says');
    }
  },
);
