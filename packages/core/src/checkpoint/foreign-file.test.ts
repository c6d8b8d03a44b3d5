import { expect, test } from 'vitest';
import { rejectionOf } from '../testing/fault.js';
import { memoryFiles } from './memory-files.js';
import { openCheckpoint } from './open.js';
import { readJson } from './read-json.js';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'5'.repeat(64)}\nsize 28577027656\n`;

const KINDS: readonly (readonly [is: string, content: string, have: string, todo: string])[] = [
  [
    'a Git LFS pointer: the file it stands for is not here',
    POINTER,
    '136 bytes that stand for 28577027656',
    'git lfs pull',
  ],
  ['a web page', '\r\n<!DOCTYPE html>\n<html lang="en"><title>Sign in', '"<!DOCTYPE html>', '/resolve/'],
  ['a web page', `<html>${'é'.repeat(400)}`, '"<html>', 'signed in'],
  [
    'a GGUF file, which is not read',
    `GGUF\x03\0\0\0${'\0'.repeat(90)}general`,
    "llama.cpp's",
    '--precision int8',
  ],
  [
    'a pickle, which is not opened',
    '\x80\x02}q\x01X\x05\0\0\0state',
    'a program that Python',
    'weights_only=True',
  ],
  ['a pickle, which is not opened', 'PK\x03\x04\0\0\x08\x08archive/data.pklFB', 'a program', 'torch.load'],
  ['a packed archive', 'PK\x03\x04\x14\0\0\0model.safetensors', 'bytes, packed', 'unpack it'],
  ['zeros where it should begin', '\0'.repeat(4096), 'the room for a file', 'download it again'],
  ['empty', '', '0 bytes', 'download it again'],
  [
    'JSON, not weights',
    '{"error":"Invalid username or password."}',
    '"{\\"error\\":\\"Invalid user',
    'it says',
  ],
  ['JSON, not weights', '{"a":   {"b": "a brace where a header has one"}}', '"{\\"a\\"', 'download it again'],
  ['text, not weights', 'Access to this model is restricted.', '"Access to this', 'the answer of a server'],
];

test.each(KINDS)('a file that is %s says so: %j', async (is, content, have, todo) => {
  const files = memoryFiles({ '/w/adapter.safetensors': bytes(content) });
  const { lines } = await rejectionOf(openCheckpoint('/w/adapter.safetensors', { files }));
  expect(lines.what).toBe(`/w/adapter.safetensors is ${is}`);
  expect(lines.have).toContain(have);
  expect(lines.need).not.toBe('');
  expect(lines.do).toContain(todo);
});

test('so does a shard, the index of shards, and a configuration', async () => {
  const index = '{"weight_map": {"a": "m-00001-of-00002.safetensors"}}';
  const files = memoryFiles({
    '/w/transformer/model.safetensors.index.json': bytes(index),
    '/w/transformer/m-00001-of-00002.safetensors': bytes(POINTER),
    '/w/transformer/config.json': bytes(POINTER),
    '/v/model.safetensors.index.json': bytes('<!doctype html><p>not found'),
  });
  const shard = await rejectionOf(openCheckpoint('/w/transformer', { files }));
  expect(shard.lines.what).toContain('m-00001-of-00002.safetensors is a Git LFS pointer');
  const page = await rejectionOf(openCheckpoint('/v', { files }));
  expect(page.lines.what).toBe('/v/model.safetensors.index.json is a web page');
  const config = await rejectionOf(readJson('/w/transformer/config.json', files));
  expect(config.lines).toMatchObject({ code: 'file-kind', need: 'a JSON file' });
});

test('a folder with a GGUF file alone says what that is', async () => {
  const files = memoryFiles({ '/w/wan2.1-Q4_K_M.gguf': bytes('GGUF\x03\0\0\0'), '/w/README.md': bytes('#') });
  expect((await rejectionOf(openCheckpoint('/w', { files }))).lines.what).toContain(
    'Q4_K_M.gguf is a GGUF file',
  );
});

test('a header as long as a pickle begins is a header', async () => {
  // 80 02 in front, as of a pickle of protocol 2, is a header of 640 bytes.
  const header = `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`.padEnd(640, ' ');
  const files = memoryFiles({ '/m.safetensors': bytes(`\x80\x02\0\0\0\0\0\0${header}\x07`) });
  expect((await openCheckpoint('/m.safetensors', { files })).tensors.get('a')?.shape).toEqual([1]);
});
