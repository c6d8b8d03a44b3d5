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
