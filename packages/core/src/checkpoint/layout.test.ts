import { expect, test } from 'vitest';
import { SkipstoneError } from '../error.js';
import { renamed } from './layout.js';
import { memoryFiles } from './memory-files.js';
import { openCheckpoint } from './open.js';
import { writeSafetensors } from './write.js';

async function original() {
  const files = memoryFiles();
  const scalar = (value: number) => ({ type: 'float32' as const, shape: [], data: Float32Array.of(value) });
  await writeSafetensors(
    '/w.safetensors',
    { norm2: scalar(2), norm3: scalar(3), head: scalar(4) },
    { files },
  );
  return openCheckpoint('/w.safetensors', { files });
}

test('gives tensors other names at the same places', async () => {
  const stored = await original();
  const swap: Readonly<Record<string, string>> = { norm2: 'norm3', norm3: 'norm2' };
  const view = renamed(stored, (name) => swap[name] ?? name);
  expect([...view.tensors.keys()].sort()).toEqual(['head', 'norm2', 'norm3']);
  expect(view.tensors.get('norm2')).toEqual({ ...stored.tensors.get('norm3'), name: 'norm2' });
  expect(view.tensors.get('head')).toBe(stored.tensors.get('head'));
  expect(view.fingerprint).toBe(stored.fingerprint);
  expect([...stored.tensors.keys()]).toContain('norm3');
});

test('refuses renames that give two tensors one name', async () => {
  const stored = await original();
  const rename = () => renamed(stored, (name) => name.replace(/\d/, ''));
  expect(rename).toThrow(SkipstoneError);
  expect(rename).toThrow("two tensors get the name 'norm'\n  have   'norm2' and 'norm3'");
});
