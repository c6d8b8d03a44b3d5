import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@skipstone/core/testing';
import { expect, test } from 'vitest';
import { readLora } from './read-lora.js';

test.each([
  ['a.safetensors', { path: 'a.safetensors' }],
  ['a.safetensors:0.8', { path: 'a.safetensors', strength: 0.8 }],
  ['a.safetensors:-1', { path: 'a.safetensors', strength: -1 }],
  ['a.safetensors:0', { path: 'a.safetensors', strength: 0 }],
  ['a.safetensors:1e-1', { path: 'a.safetensors', strength: 0.1 }],
  ['C:\\loras\\a.safetensors', { path: 'C:\\loras\\a.safetensors' }],
  ['C:\\loras\\a.safetensors:.5', { path: 'C:\\loras\\a.safetensors', strength: 0.5 }],
  ['a:2:b.safetensors:3', { path: 'a:2:b.safetensors', strength: 3 }],
  ['a.safetensors:half', { path: 'a.safetensors:half' }],
  ['high-noise=a.safetensors:1', { path: 'a.safetensors', strength: 1, phase: 'high-noise' }],
  ['./rank=8.safetensors', { path: './rank=8.safetensors' }],
  ['', { path: '' }],
])('reads %s', (text, lora) => {
  expect(readLora(text)).toEqual(lora);
});

test('a file that is there is never read as anything else', async () => {
  const at = join(await temporaryFolder('loras'), 'x');
  const cwd = process.cwd();
  process.chdir(join(at, '..'));
  try {
    for (const name of ['style=8.st', 'low-noise=a.st', 'a:2', 'step=1:3']) await writeFile(name, '');
    expect(readLora('style=8.st')).toEqual({ path: 'style=8.st' });
    expect(readLora('style=8.st:0.5')).toEqual({ path: 'style=8.st', strength: 0.5 });
    expect(readLora('low-noise=low-noise=a.st')).toEqual({ path: 'low-noise=a.st', phase: 'low-noise' });
    expect(readLora('a:2')).toEqual({ path: 'a:2' });
    expect(readLora('step=1:3')).toEqual({ path: 'step=1:3' });
    expect(readLora('low-noise=b.st')).toEqual({ path: 'b.st', phase: 'low-noise' });
  } finally {
    process.chdir(cwd);
  }
});
