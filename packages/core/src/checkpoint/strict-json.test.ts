import { expect, test } from 'vitest';
import { strictJson } from './strict-json.js';

test.each([
  '{}',
  '[1, "a", {"b": [null, true]}]',
  '{"a": {"a": 1}, "b": {"a": 2}}',
  '{"a": "{\\"a\\": 1, \\"a\\"", "b": "]]"}',
  '["a", "a"]',
  ' {"\\u00e9": "\\\\"} ',
])('reads %s as JSON.parse does', (text) => {
  expect(strictJson(text, 4)).toEqual({ value: JSON.parse(text) });
});

test.each(['{"a": 1, "a": 2}', '{"b": [{"a": 1, "c": {}, "a": 2}]}', '{"a": 1, "\\u0061": 2}'])(
  'refuses the key that stands twice in %s',
  (text) => {
    expect(strictJson(text, 4)).toEqual({ fault: "has the key 'a' twice in one object" });
  },
);

test.each(['', '{', '{"a"', '{"a": 1,}', '"', '"\\', '{"\\u00": 1}', '}', 'NaN', '{"a": 1} x'])(
  'refuses %j',
  (text) => {
    expect(strictJson(text, 4)).toMatchObject({ fault: expect.stringContaining('cannot be parsed') });
  },
);

test('refuses deep nesting before parsing', () => {
  expect(strictJson('['.repeat(1_000_000), 4)).toEqual({ fault: 'nests deeper than 4' });
  expect(strictJson('{"a":'.repeat(5), 4)).toEqual({ fault: 'nests deeper than 4' });
});
