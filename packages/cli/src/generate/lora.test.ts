import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HostTensor, openCheckpoint, readTensor, writeSafetensors } from '@skipstone/core';
import { lowRankCase } from '@skipstone/core/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { skipstone } from '../test-kit/skipstone.js';

/** A Wan2.1 transformer of width 32 with random weights, as models-wan verifies it. */
const WAN = fileURLToPath(new URL('../../../models-wan/test-data/wan21-t2v', import.meta.url));

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-lora-'));
  const rows = (seed: number): HostTensor => ({
    ...{ type: 'float32', shape: [9, 12] },
    data: Float32Array.from({ length: 9 * 12 }, (_, i) => Math.sin(seed * i)),
  });
  await writeSafetensors(join(folder, 'e.st'), { 'cond.text': rows(1), 'uncond.text': rows(2) });
  const weights = ['blocks.0.attn1.to_q.weight', 'blocks.1.ffn.net.0.proj.weight', 'proj_out.weight'];
  await lowRankCase({ checkpoint: join(WAN, 'model.safetensors'), weights, folder });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const SIZE = ['--model', WAN, '--size', '48x64', '--frames', '9', '--steps', '2', '--embeds', 'e.st'];
const run = (out: string, ...more: readonly string[]) =>
  skipstone(folder, 'generate', ...SIZE, '--latents-out', out, ...more);

const latentsOf = async (name: string) => {
  const { tensors, metadata } = await openCheckpoint(join(folder, name));
  const entry = tensors.get('latents');
  if (!entry) throw new Error('no latents');
  return { latents: await readTensor(entry), made: JSON.parse(metadata.made_from ?? '') };
};

describe('--lora', { timeout: 120_000 }, () => {
  test('changes the run and what it says of itself; at strength 0 neither', async () => {
    expect((await run('plain.st')).code).toBe(0);
    expect((await run('half.st', '--lora', 'lora.safetensors:0.5')).code).toBe(0);
    expect((await run('none.st', '--lora', 'lora.safetensors:0')).code).toBe(0);
    const [plain, half] = [await latentsOf('plain.st'), await latentsOf('half.st')];
    expect(half.latents).not.toEqual(plain.latents);
    expect(plain.made.loras).toEqual([[]]);
    const { fingerprint } = await openCheckpoint(join(folder, 'lora.safetensors'));
    expect(half.made.loras).toEqual([[{ fingerprint, strength: 0.5 }]]);
    const bytes = (name: string) => readFile(join(folder, name));
    expect((await bytes('none.st')).equals(await bytes('plain.st'))).toBe(true);
  });

  test('is part of a saved run: it goes on under the same strength only', async () => {
    const saved = ['--save', 'run.st', '--lora'];
    expect((await run('a.st', ...saved, 'lora.safetensors:0.5')).code).toBe(0);
    const resumed = ['--resume', 'run.st', '--lora'];
    expect((await run('b.st', ...resumed, 'lora.safetensors:0.5')).code).toBe(0);
    const other = await run('c.st', ...resumed, 'lora.safetensors:0.6');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('loras');
  });

  test.each([
    ['low_noise=lora.safetensors', "'low_noise' is no name of a phase"],
    ['lora.safetensors:abc', "'abc' is no strength"],
  ])('is refused where it is misspelt: %s', async (lora, what) => {
    const { code, stderr } = await run('x.st', '--lora', lora);
    expect([code, stderr.split('\n')[0]]).toEqual([2, `--lora ${lora}: ${what}`]);
  });

  test('stands in the plan, from the config file too', async () => {
    await writeSafetensors(join(folder, 'diff.st'), {
      'blocks.0.attn1.to_q.diff_b': { type: 'float32', shape: [32], data: new Float32Array(32) },
    });
    const plan = (...more: readonly string[]) => skipstone(folder, 'plan', ...SIZE, ...more);
    const { stdout } = await plan('--lora', 'lora.safetensors:0.5', '--lora', 'lora.safetensors');
    expect(stdout).toMatch(
      /adds \S+lora\.safetensors at strength 0\.5: 3 products of rank 4 or less, 3 of scale 1 \(no alpha\)\n/,
    );
    expect(stdout).toMatch(/adds \S+lora\.safetensors at strength 1: 3 products/);
    await writeFile(join(folder, 'c.json'), JSON.stringify({ loras: ['denoise=lora.safetensors:0.25'] }));
    expect((await plan('--config', 'c.json')).stdout).toContain('at strength 0.25: 3 products');
    expect((await plan('--lora', 'diff.st')).stdout).toMatch(
      /adds \S+diff\.st at strength 1: 1 whole difference/,
    );
    const demo = await skipstone(folder, 'plan', '--lora', 'lora.safetensors');
    expect(demo.stderr).toContain('another shape');
  });
});
