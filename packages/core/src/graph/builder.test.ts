import { expect, it } from 'vitest';
import type { ModelSpec } from '../spec/model.js';
import type { PassBuilder, Value } from '../spec/pass.js';
import { pretendWeights, wanLike } from '../testing/small/wan-like.js';
import { type PassForm, recordPass } from './pass-graph.js';
import type { EmitOptions, WeightSource } from './weights.js';

const OPTIONS: EmitOptions = { compute: 'float32', weights: 'packed', decompose: new Set() };

interface Recording {
  readonly form?: Partial<PassForm>;
  readonly weights?: WeightSource;
  readonly options?: Partial<EmitOptions>;
  readonly spec?: Partial<ModelSpec>;
}

/** Records a pass of the small model's contract with another body; the prediction is given anyway. */
function record(body: (p: PassBuilder, x: Value) => unknown, recording: Recording = {}) {
  const emit = (p: PassBuilder): void => {
    const x = p.latents('video');
    body(p, x);
    p.output('video', x);
  };
  const form = { variant: 'plain', rows: false, ...recording.form };
  const spec = { ...wanLike(), ...recording.spec, emit };
  return recordPass(spec, form, recording.weights ?? pretendWeights(), { ...OPTIONS, ...recording.options });
}

it('refuses two nodes of one name', () => {
  expect(() =>
    record((p, x) => {
      p.silu('act', x);
      p.cos('act', x);
    }),
  ).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: two nodes are named act
      have   a second Cos
      need   names that are unique in a pass
      do     name the node after the place it stands at, e.g. blocks.3.attn1.scores]
  `);
});

it('refuses a constant whose name holds other numbers, and takes the same ones again', () => {
  const one = (p: PassBuilder, value: number): Value => p.constant('one', [value], [1]);
  expect(record((p, x) => [p.add('a', x, one(p, 1)), p.add('b', x, one(p, 1))]).recorder.nodes.length).toBe(
    2,
  );
  expect(() => record((p) => [one(p, 1), one(p, 2)])).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: two nodes are named one
      have   a second tensor of other values
      need   names that are unique in a pass
      do     name the node after the place it stands at, e.g. blocks.3.attn1.scores]
  `);
  expect(() => record((p, x) => [p.silu('one', x), one(p, 1)])).toThrow('two nodes are named one');
});

it('refuses a value of another pass', () => {
  let stray: Value | undefined;
  record((p, x) => {
    stray = p.silu('stray', x);
  });
  expect(() => record((p, x) => p.add('sum', x, stray ?? x))).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: stray is read before it is made
      have   1 values
      need   a value named stray
      do     pass values of this pass builder only]
  `);
});

it('refuses shapes that do not broadcast, and takes rows of one, rows of all and one row a token', () => {
  expect(() =>
    record((p, x) => p.add('sum', x, p.constant('three', [1, 2, 3], [3]))),
  ).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: sum combines shapes that do not fit
      have   latents.video [N.video, 4] and three [3]
      need   axes that are equal or one, from the last backwards
      do     reshape or gather one of them first]
  `);
  const { recorder } = record((p, x) => {
    p.add('row', x, p.constant('four', [1, 2, 3, 4], [4]));
    p.mul('token', x, p.mean('means', x, 1));
    p.add('all', p.mean('centre', x, 0), x);
  });
  const shapes = ['row', 'means', 'token', 'centre', 'all'].map((name) => recorder.facts(name).value.shape);
  const whole = ['N.video', 4];
  expect(shapes).toEqual([whole, ['N.video', 1], whole, [1, 4], whole]);
});

it('refuses to merge axes of unknown length', () => {
  expect(() => record((p, x) => p.concat('twice', [x, x], 0))).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: twice needs axes of known length
      have   [N.video]
      need   numbers only
      do     keep N.video out of the axes that are merged]
  `);
  expect(() => record((p, x) => p.reshape('apart', x, ['N.video', 'S']))).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: apart reshapes to more than one axis of unknown length
      have   [N.video, S]
      need   one named axis at most: the runtime works its length out
      do     give the others as numbers]
  `);
});

it('refuses a product of another width', () => {
  expect(() => record((p, x) => p.linear('to_q', x, { in: 8, out: 8 }))).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: to_q gets rows of another width
      have   latents.video [N.video, 4]
      need   […, 8]
      do     check the widths in the model config against the shapes in its checkpoint]
  `);
});

it('refuses heads that do not divide a row', () => {
  expect(() =>
    record((p, x) => p.attention('attention', { q: x, k: x, v: x, heads: 3 })),
  ).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: attention cannot split its rows into heads
      have   [N.video, 4] and 3 heads
      need   a width that the number of heads divides
      do     check num_attention_heads in the model config]
  `);
});

it('refuses a norm and a cache over rows of unknown width', () => {
  const turned = (p: PassBuilder, x: Value): Value => p.transpose('turned', x, [1, 0]);
  expect(() =>
    record((p, x) => p.layerNorm('norm', turned(p, x), { eps: 1e-6 })),
  ).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: norm needs rows of a known width
      have   turned [4, N.video]
      need   a number as last axis
      do     give the width as a number where the value is made]
  `);
  const rows = { form: { rows: true } };
  expect(() => record((p, x) => p.allRows('video', 'keys', turned(p, x)), rows)).toThrow(
    'keys needs rows of a known width',
  );
});

it('refuses streams, conditions, clocks and tables that the spec does not declare', () => {
  expect(() => record((p) => p.latents('vidio'))).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: wan-like: its pass names a stream that does not fit: vidio
      have   video
      need   a stream that the spec declares
      do     mend the adapter's emit or its spec]
  `);
  expect(() => record((p) => p.condition('prompt'))).toThrow('a condition that does not fit: prompt');
  expect(() => record((p) => p.clock('sigma'))).toThrow('a clock that does not fit: sigma');
  expect(() => record((p) => p.clockRow('sigma'))).toThrow('a clock that does not fit: sigma');
  expect(() => record((p) => p.table('tan'))).toThrow('a table that does not fit: tan');
  expect(() => record((p, x) => p.output('audio', x))).toThrow('a stream that does not fit: audio');
});

it('refuses a pass that predicts nothing for a stream', () => {
  const streams = { video: { patch: 4, width: 8 }, audio: { patch: 4, width: 8 } };
  expect(() => record(() => {}, { spec: { streams } })).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: wan-like: its pass predicts nothing for audio
      have   no output of this stream
      need   one prediction a stream
      do     end the adapter's emit with output('audio', …)]
  `);
});

it('refuses a station of a name that is taken', () => {
  expect(() =>
    record((p, x) => {
      p.station('embed', { video: x });
      p.tap('embed', { video: x });
    }),
  ).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: wan-like: its pass names a new station that does not fit: embed
      have   embed twice
      need   names used once
      do     mend the adapter's emit or its spec]
  `);
});

it('refuses a weight in two shapes', () => {
  expect(() =>
    record((p) => {
      p.weight('table', [2, 4]);
      p.weight('table', [2, 4], [8]);
    }),
  ).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: table is used in two shapes
      have   [2, 4], then [8]
      need   one shape of a weight in a pass
      do     reshape the value where the second shape is needed]
  `);
});

it('refuses a quantised weight where no product reads it', () => {
  const range = { file: '/sidecar', offset: 0, byteLength: 1 };
  const weights: WeightSource = {
    find: () => ({ kind: 'quantised', bits: 8, block: 32, values: range, scales: range }),
  };
  expect(() => record((p) => p.weight('norm.weight', [8]), { weights })).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: graph: norm.weight is quantised but used as it is
      have   blocks of 8 or 4 bits
      need   a stored weight: only products read quantised ones
      do     quantise matrices of linear layers only]
  `);
  const linear = (p: PassBuilder, x: Value): Value => p.linear('fc', x, { in: 4, out: 8, bias: false });
  const { recorder } = record(linear, { weights });
  expect(recorder.nodes.map(({ name, op }) => `${name} ${op}`)).toEqual(['fc MatMulNBits']);
  expect(() => record((p, x) => [linear(p, x), p.weight('fc.weight', [8, 4])], { weights })).toThrow(
    'fc.weight is quantised',
  );
});

it('says how long each value lasts: the shortest of what it is made from, a pass where text meets noise', () => {
  const { recorder } = record((p, x) => {
    const text = p.cos('text', p.mean('text.mean', p.condition('text'), 0));
    const time = p.cos('time', p.clock('time'));
    p.cos('table', p.table('cos'));
    p.mul('timed', x, time);
    p.add('both', p.reshape('time.row', time, [1, 1]), text);
    p.transpose('weight.turned', p.weight('w', [4, 2]), [1, 0]);
  });
  const lasts = Object.fromEntries(recorder.nodes.map(({ name, lifetime }) => [name, lifetime]));
  expect(lasts).toEqual({
    'text.mean': 'run',
    text: 'run',
    time: 'step',
    table: 'run',
    timed: 'step',
    'time.row': 'step',
    both: 'pass',
    'weight.turned': 'constant',
  });
});
