import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@skipstone/core/testing';
import { encodePng } from '@skipstone/video';
import { describe, expect, it } from 'vitest';
import { skipstone } from '../test-kit/skipstone.js';

const model = (name: string): string =>
  fileURLToPath(new URL(`../../../pipeline/test-data/${name}`, import.meta.url));

/** A folder with a picture in it. */
async function withPicture(): Promise<string> {
  const folder = await temporaryFolder('whole');
  const rgba = Uint8Array.from({ length: 20 * 30 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7) % 256));
  await writeFile(
    join(folder, 'a.png'),
    encodePng({ width: 20, height: 30, values: new Uint32Array(rgba.buffer) }),
  );
  return folder;
}

const SHORT = ['--steps', '3', '--quiet'];

describe("a model's whole folder", { timeout: 120_000 }, () => {
  it('makes a video of a prompt and a picture', async () => {
    const folder = await withPicture();
    const size = ['--size', '32x48', '--frames', '5'];
    const asked = [
      '--model',
      model('pipe-wan21-i2v'),
      '--image',
      'a.png',
      ...size,
      ...SHORT,
      '--out',
      'b.mp4',
    ];
    const { code, stdout, stderr } = await skipstone(folder, 'generate', 'a child', ...asked);
    expect([code, stdout, stderr]).toEqual([0, 'b.mp4\n', '']);
    expect((await readdir(folder)).sort()).toEqual(['a.png', 'b.mp4']);
  });

  it('writes the sound of a video beside it', async () => {
    const folder = await temporaryFolder('whole');
    const size = ['--size', '96x64', '--frames', '9'];
    const asked = ['--model', model('pipe-ltx2-3'), ...size, ...SHORT, '--out', 'rain.mp4'];
    const { code, stdout } = await skipstone(folder, 'generate', 'rain on a roof', ...asked);
    expect([code, stdout]).toEqual([0, 'rain.mp4\nrain.wav\n']);
  });

  it('is planned with what stands around the transformer', async () => {
    const folder = await withPicture();
    const asked = [
      '--model',
      model('pipe-wan21-i2v'),
      '--image',
      'a.png',
      '--size',
      '32x48',
      '--frames',
      '5',
    ];
    const { code, stdout } = await skipstone(folder, 'plan', 'a child', ...asked);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^encode {4}umt5, 512 tokens at most: .* GFLOP a prompt$/m);
    expect(stdout).toMatch(/^decode {4}wan2\.1-vae: /m);
  });

  it.each([
    [['--size', '32x48'], 'it draws from an image', '--image FILE'],
    [['--last-image', 'a.png'], '', ''],
    [['--image', 'none.png'], 'none.png', ''],
    [['--image', 'a.png', '--image-latents', 'x.safetensors'], '--image stands for its latents', ''],
  ])('refuses %j before anything is computed', async (more, what, remedy) => {
    const folder = await withPicture();
    const asked = ['--model', model('pipe-wan21-i2v'), ...more, '--out', 'b.mp4'];
    const { code, stderr } = await skipstone(folder, 'generate', 'a child', ...asked);
    expect(code).toBe(2);
    expect(stderr).toContain(what);
    expect(stderr).toContain(remedy);
    expect(await readdir(folder)).toEqual(['a.png']);
  });

  it('a picture for the demo model is refused', async () => {
    const folder = await withPicture();
    const { code, stderr } = await skipstone(folder, 'generate', 'a red circle', '--image', 'a.png');
    expect(code).toBe(2);
    expect(stderr).toContain('--image needs the parts that encode it');
  });
});
