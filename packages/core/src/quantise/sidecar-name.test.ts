import { expect, it } from 'vitest';
import { parseSidecarName, sidecarName } from './sidecar-name.js';

const PRINT = 'ab'.repeat(32);

it('says what a sidecar was made from and how, and reads it back', () => {
  const name = sidecarName(PRINT, { bits: 8, block: 64 });
  expect(name).toBe(`${PRINT}.int8.b64.v1.safetensors`);
  const said = { fingerprint: PRINT, form: '8-bit, block 64', version: 1 };
  expect(parseSidecarName(name)).toEqual(said);
  const half = sidecarName(PRINT, 'bf16');
  expect(half).toBe(`${PRINT}.bf16.v1.safetensors`);
  expect(parseSidecarName(half)).toEqual({ ...said, form: 'bf16' });
});

it.each([
  'model.safetensors',
  `${PRINT}.safetensors`,
  `${PRINT}.int8.b64.v1.safetensors.bak`,
  `${PRINT}.int5.b64.v1.safetensors`,
  `${PRINT.slice(1)}.int8.b64.v1.safetensors`,
  `${PRINT.toUpperCase()}.int8.b64.v1.safetensors`,
  `x${PRINT}.int8.b64.v1.safetensors`,
  `${PRINT}.int8.b64.v1.safetensors.part`,
  '',
])('knows that %s is not ours', (name) => {
  expect(parseSidecarName(name)).toBeUndefined();
});
