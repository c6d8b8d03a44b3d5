import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Graph } from '../graph/node.js';
import { Room } from '../session/room.js';
import { runGraph, someNumbers } from '../testing/small/run-graph.js';
import { blockScales, dequantiseRows, type QuantisedRows, quantisedShapes, quantiseRows } from './blocks.js';
import type { BlockForm } from './form.js';

const FORMS: readonly BlockForm[] = ([8, 4] as const).flatMap((bits) =>
  [16, 32, 64, 128, 256].map((block) => ({ bits, block })),
);

describe('quantised rows', () => {
  it('code a block around its largest value, two 4-bit codes a byte, the first in the low half', () => {
    const row = Float32Array.from({ length: 16 }, (_, i) => i - 8);
    const { values, scales } = quantiseRows(row, 16, { bits: 4, block: 16 });
    expect([...scales]).toEqual([1]);
    expect([...values]).toEqual([0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe]);
    const turned = quantiseRows(
      row.map((value) => -value),
      16,
      { bits: 4, block: 16 },
    );
    expect([...turned.scales]).toEqual([-1]);
    expect([...turned.values]).toEqual([...values]);
  });

  it('code 8 bits one a byte', () => {
    const row = Float32Array.from({ length: 16 }, (_, i) => (i === 3 ? -64 : i / 2));
    const { values, scales } = quantiseRows(row, 16, { bits: 8, block: 16 });
    expect([...scales]).toEqual([0.5]);
    expect([...values]).toEqual(Array.from({ length: 16 }, (_, i) => (i === 3 ? 0 : 128 + i)));
  });

  it('code the tail of a row, and blocks of zeros, as zero', () => {
    const rows = Float32Array.from({ length: 40 }, (_, i) => (i < 20 ? 1 : 0));
    const eight = quantiseRows(rows, 20, { bits: 8, block: 16 });
    expect([...eight.values.slice(20, 32), ...eight.values.slice(32)]).toEqual(Array(44).fill(128));
    expect([...eight.scales.slice(2)]).toEqual([0, 0]);
    const four = quantiseRows(rows, 20, { bits: 4, block: 16 });
    expect([...four.values.slice(10)]).toEqual(Array(22).fill(0x88));
  });

  it.each(FORMS)(
    'of $bits bits in blocks of $block are off by half a step, a whole one at the far end',
    (form) => {
      const [out, width] = [5, 300];
      const rows = someNumbers(out * width, 7);
      const quantised = quantiseRows(rows, width, form);
      const { values, scales } = quantisedShapes([out, width], form);
      expect(quantised.values.length).toBe(values[0] * values[1] * values[2]);
      expect(quantised.scales.length).toBe(scales[0] * scales[1]);
      expect(blockScales(rows, width, form)).toEqual(quantised.scales);
      const back = dequantiseRows(quantised, width, form);
      back.forEach((value, i) => {
        const at = Math.floor(i / width) * scales[1] + Math.floor((i % width) / form.block);
        const step = quantised.scales[at] as number;
        const w = rows[i] as number;
        const far = w / step > 2 ** (form.bits - 1) - 1;
        expect(Math.abs(value - w)).toBeLessThanOrEqual(Math.abs(step) * (far ? 1 : 0.5) * (1 + 1e-6));
      });
    },
  );

  it('keep numbers at the ends of float32', () => {
    const row = new Float32Array(32).fill(1e-45).fill(3e38, 16);
    const back = dequantiseRows(quantiseRows(row, 32, { bits: 8, block: 16 }), 32, { bits: 8, block: 16 });
    expect(back[20]).toBeCloseTo(3e38, -32);
    expect([...back.slice(0, 16)].every((value) => Number.isFinite(value))).toBe(true);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('are refused with %s among them', (bad) => {
    const row = new Float32Array(32).fill(bad, 31);
    expect(() => quantiseRows(row, 32, { bits: 4, block: 16 })).toThrow(
      [
        'a weight cannot be quantised',
        `  have   ${bad} among its values`,
        '  need   finite numbers',
        '  do     check the checkpoint: download it again, or run it without int8 or int4',
      ].join('\n'),
    );
  });
});

describe('MatMulNBits', () => {
  let room: Room;
  beforeAll(() => {
    room = new Room({ device: 'cpu', threads: 1 });
  });
  afterAll(() => room.close());

  // x = 1 shows the matrix itself: the runtime takes the codes, the scales and the zero point as written.
  it.each(FORMS)('reads $bits bits in blocks of $block as they were written', async (form) => {
    const [out, width] = [6, 300];
    const quantised = quantiseRows(someNumbers(out * width, 3), width, form);
    const eye = Float32Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 1 : 0));
    const feeds = { x: { type: 'float32' as const, shape: [width, width], data: eye } };
    const graph = productGraph(quantised, [out, width], form);
    const shapes = { y: [width, out] };
    const { y = new Float32Array() } = await runGraph(room, { graph, feeds, shapes, weights: 'mapped' });
    const back = dequantiseRows(quantised, width, form);
    const wrong = Array.from(back.keys()).filter((i) => {
      const [row, column] = [Math.floor(i / width), i % width];
      return y[column * out + row] !== Math.fround(back[i] as number);
    });
    expect(wrong).toEqual([]);
  });
});

function productGraph(rows: QuantisedRows, [out, width]: readonly [number, number], form: BlockForm): Graph {
  const shapes = quantisedShapes([out, width], form);
  return {
    name: 'product',
    inputs: [{ name: 'x', type: 'float32', shape: ['A', width] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['A', out] }],
    nodes: [
      {
        name: 'y',
        op: 'MatMulNBits',
        domain: 'com.microsoft',
        inputs: ['x', 'w', 'w.scales'],
        outputs: ['y'],
        attributes: {
          K: { int: width },
          N: { int: out },
          bits: { int: form.bits },
          block_size: { int: form.block },
        },
      },
    ],
    initializers: [
      { name: 'w', type: 'uint8', dims: shapes.values, data: { bytes: rows.values } },
      {
        name: 'w.scales',
        type: 'float32',
        dims: shapes.scales,
        data: { bytes: new Uint8Array(rows.scales.buffer) },
      },
    ],
  };
}
