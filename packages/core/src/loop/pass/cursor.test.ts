import { describe, expect, it } from 'vitest';
import { recordPass } from '../../graph/pass-graph.js';
import { uniteNeeds } from '../../plan/ask/needs.js';
import { planPass } from '../../plan/cut/pass-plan.js';
import type { Span } from '../../plan/cut/span.js';
import { CONTRACT, type Jump, type Needs } from '../../spec/plugin.js';
import type { Streams, Tensor } from '../../spec/tensor.js';
import { pretendWeights } from '../../testing/small/wan-like.js';
import { toySpec } from '../../testing/toy/spec.js';
import { isVirtual, type TensorStore } from '../memory/store.js';
import { Cursor, type CursorMeans } from './cursor.js';

const ROWS = 3;

/** A cursor over a pass of the toy; running a span writes it down and makes tensors of its ports. */
function stand(needs: Needs = {}, start?: CursorMeans['start'], maxRunSeconds = Number.POSITIVE_INFINITY) {
  const options = { compute: 'float32', weights: 'packed', decompose: new Set<never>() } as const;
  const graph = recordPass(toySpec, { variant: 'plain', rows: false }, pretendWeights(), options);
  const plugin = { name: 'somebody', contract: CONTRACT, setup: () => ({}) } as const;
  const pass = planPass(graph, uniteNeeds([{ plugin, needs }], graph.stations, toySpec.blocks), {
    maxHeldBytes: Number.POSITIVE_INFINITY,
    maxRunSeconds,
    flopsPerSecond: 1,
    sizes: new Map(),
    heldBytes: () => 0,
  });
  const env = new Map<string, Tensor>();
  const spans: string[] = [];
  const dropped: number[] = [];
  const gates: (readonly string[])[] = [];
  let ids = 100;
  const tensor = (width = 2): Tensor => ({ id: ++ids, type: 'float32', shape: [ROWS, width] });
  const run = (span: Span, closed: ReadonlyMap<string, Streams> = new Map()): void => {
    for (const port of span.graph.inputs) if (!env.has(port.name)) hoisted(port.name);
    spans.push(span.id.replace('plain/', ''));
    gates.push([...closed.keys()]);
    for (const port of span.graph.outputs) env.set(port.name, tensor());
  };
  const hoisted = (name: string): Tensor | undefined => {
    const span = [...pass.step, ...pass.run].find((s) => s.graph.outputs.some((port) => port.name === name));
    if (span && !env.has(name)) run(span);
    return span && env.get(name);
  };
  const store = { drop: ({ id }: Tensor) => dropped.push(id) } as unknown as TensorStore;
  const cursor = new Cursor({ run, hoisted, store, pass, env, spans, ...(start ? { start } : {}) });
  const streams = (): Streams => ({ video: tensor(), audio: tensor() });
  /** Spans of the pass itself: what a run or a step computes once aside. */
  const ran = (): string[] => spans.filter((span) => !/^(run|step)\./.test(span));
  return { cursor, streams, ran, spans, dropped, gates, env, tensor };
}

const ids = (streams: Streams): number[] => Object.values(streams).map(({ id }) => id);
const skip = (from: string, to: string, decided: Jump['decided'] = 'inside'): Needs => ({
  jumps: [{ from, to, decided }],
});

describe('a cursor advances', () => {
  it('runs the spans up to a station, and each of them once', async () => {
    const { cursor, ran } = stand({ cuts: ['blocks.1.attn_out', 'blocks.2'] });
    expect(ran()).toEqual([]);
    const tap = await cursor.advance('blocks.1.attn_out');
    expect([ran(), cursor.at]).toEqual([['blocks.1.attn_out'], 'blocks.1.attn_out']);
    expect(ids(await cursor.advance('blocks.1.attn_out'))).toEqual(ids(tap));
    await cursor.advance('trunk');
    await cursor.finish();
    expect(ran()).toEqual(['blocks.1.attn_out', 'blocks.2', 'trunk', 'end']);
  });

  it('gives a value of its own for each stream', async () => {
    const { cursor } = stand({ cuts: ['blocks.0'] });
    const hidden = await cursor.advance('blocks.0');
    expect(Object.keys(hidden)).toEqual(['video', 'audio']);
    expect(new Set(ids(hidden)).size).toBe(2);
  });

  it('makes what a step computes once only when it is looked at', async () => {
    const { cursor, spans } = stand({ cuts: ['blocks.0.attn_out'] });
    await cursor.advance('embed');
    expect(spans).toEqual(['step.0']);
    await cursor.advance('blocks.0.attn_out');
    expect(spans).toEqual(['step.0']);
  });

  it('runs nothing for a station that nobody can look at, and gives a value that only can be handed on', async () => {
    const { cursor, ran } = stand();
    const hidden = await cursor.advance('blocks.2');
    expect([ran(), Object.values(hidden).map(isVirtual), cursor.at]).toEqual([[], [true, true], 'blocks.2']);
    await cursor.jump('blocks.2', hidden);
    await cursor.finish();
    expect(ran()).toEqual(['end']);
  });

  it('an output of a span makes it run, though the pass is not cut there', async () => {
    const { cursor, ran } = stand({ outputs: ['blocks.1'] });
    expect(Object.values(await cursor.advance('blocks.1')).some(isVirtual)).toBe(false);
    expect(ran()).toEqual(['end']);
  });

  it('does not know a station of another name, and names the nearest', async () => {
    const { cursor, streams } = stand();
    await expect(cursor.advance('blocks.1.atn_out')).rejects.toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: a pass has no station blocks.1.atn_out
        have   16 stations
        need   a station of the model
        do     did you mean blocks.1.attn_out?]
    `);
    await expect(cursor.jump('trunc', streams())).rejects.toThrow('did you mean trunk?');
  });
});

describe('a cursor looks back', () => {
  it('at what was computed there, and nothing runs again', async () => {
    const { cursor, ran } = stand({ cuts: ['blocks.0', 'blocks.2'] });
    const first = await cursor.advance('blocks.0');
    await cursor.advance('trunk');
    const before = ran();
    expect(ids(await cursor.advance('blocks.0'))).toEqual(ids(first));
    expect([ran(), cursor.at]).toEqual([before, 'trunk']);
  });

  it('at hidden streams that a jump brought', async () => {
    const { cursor, streams } = stand({ ...skip('blocks.0', 'blocks.2'), cuts: ['blocks.2'] });
    const given = streams();
    await cursor.jump('blocks.2', given);
    await cursor.advance('trunk');
    expect(await cursor.advance('blocks.2')).toEqual(given);
  });

  it('not at what was jumped over, nor at what nobody asked to see', async () => {
    const { cursor, streams } = stand({ ...skip('blocks.0', 'blocks.2'), cuts: ['blocks.1'] });
    await cursor.advance('blocks.0');
    await cursor.jump('blocks.2', streams());
    await expect(cursor.advance('blocks.1')).rejects.toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: a pass at blocks.2 cannot go back to blocks.1
        have   a station that was jumped over, or whose value nobody asked to see
        need   a station further on, or one behind that was computed and is among needs.cuts or outputs
        do     look before you jump, or put this plugin outside of the one that jumps]
    `);
    await expect(cursor.advance('blocks.1.attn_out')).rejects.toThrow('cannot go back');
  });
});

describe('a cursor jumps', () => {
  it('and what lies between does not run', async () => {
    const { cursor, streams, ran, env } = stand(skip('blocks.0', 'blocks.2'));
    await cursor.advance('blocks.0');
    const given = streams();
    expect(await cursor.jump('blocks.2', given)).toBe(given);
    expect([cursor.at, env.get('blocks.2.video.out')]).toEqual(['blocks.2', given.video]);
    await cursor.finish();
    expect(ran()).toEqual(['blocks.0', 'end']);
  });

  it('from the very start', async () => {
    const { cursor, streams, ran } = stand(skip('embed', 'trunk'));
    await cursor.jump('trunk', streams());
    await cursor.finish();
    expect(ran()).toEqual(['end']);
  });

  it('to where it stands with what is there, and nothing happens', async () => {
    const { cursor, ran } = stand({ cuts: ['blocks.0'] });
    await cursor.jump('blocks.0', await cursor.advance('blocks.0'));
    await cursor.jump('trunk', await cursor.advance('trunk'));
    expect(ran()).toEqual(['blocks.0', 'trunk']);
  });

  it('to where it stands with something else, which takes its place', async () => {
    const { cursor, streams, env } = stand({ cuts: ['blocks.0'] });
    await cursor.advance('blocks.0');
    const given = streams();
    await cursor.jump('blocks.0', given);
    expect(env.get('blocks.0.audio.out')).toBe(given.audio);
  });

  it('neither back', async () => {
    const { cursor, streams } = stand({ cuts: ['blocks.0', 'blocks.2'] });
    await cursor.advance('blocks.2');
    await expect(cursor.jump('blocks.0', streams())).rejects.toThrow(
      'a pass at blocks.2 cannot go back to blocks.0',
    );
  });

  it('nor where the pass is not cut, saying where it is', async () => {
    const { cursor, streams } = stand({ cuts: ['blocks.0', 'blocks.2'] });
    await cursor.advance('blocks.0');
    await expect(cursor.jump('blocks.1', streams())).rejects.toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: a pass cannot jump from blocks.0 to blocks.1
        have   it can go on from blocks.0, blocks.2, blocks.3, trunk
        need   a cut or a gate that ends at blocks.1, not yet computed
        do     declare { from: 'blocks.0', to: 'blocks.1' } in the plugin's needs.jumps]
    `);
  });

  it('nor where it has computed further already', async () => {
    const { cursor, streams } = stand({ ...skip('blocks.0', 'blocks.1', 'before'), outputs: ['blocks.3'] });
    await cursor.advance('blocks.3');
    await expect(cursor.jump('blocks.1', streams())).rejects.toThrow('cannot go back');
  });

  it('nor with a stream missing, or of another width, or one that nobody holds', async () => {
    const { cursor, streams, tensor } = stand(skip('blocks.0', 'blocks.2'));
    await cursor.advance('blocks.0');
    const { video = tensor() } = streams();
    await expect(cursor.jump('blocks.2', { video })).rejects.toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: a pass cannot go on from blocks.2 with the streams it is given
        have   audio missing
        need   video and audio, audio as [A, 2]
        do     hand on every stream in the shape that the station has it]
    `);
    await expect(cursor.jump('blocks.2', { video, audio: tensor(4) })).rejects.toThrow('audio [3, 4]');
    const inside = await stand().cursor.advance('blocks.1');
    await expect(cursor.jump('blocks.2', inside)).rejects.toThrow(
      'the value at blocks.1 stays inside a session',
    );
  });
});

describe('a cursor at a gate', () => {
  const needs: Needs = { ...skip('blocks.0', 'blocks.2', 'before'), outputs: ['blocks.2'] };

  it('closes it, and the session runs with what it is given', async () => {
    const { cursor, streams, ran, gates } = stand(needs);
    await cursor.advance('blocks.0');
    await cursor.jump('blocks.2', streams());
    expect([ran(), cursor.at]).toEqual([[], 'blocks.2']);
    await cursor.finish();
    expect(ran()).toEqual(['end']);
    expect(gates.at(-1)).toEqual(['gate.blocks.0.blocks.2']);
    expect(cursor.done.closed).toEqual(['gate.blocks.0.blocks.2']);
  });

  it('leaves it open where nobody jumps', async () => {
    const { cursor, gates } = stand(needs);
    await cursor.advance('blocks.2');
    await cursor.finish();
    expect([gates.at(-1), cursor.done.closed]).toEqual([[], []]);
  });

  it('cannot close it after its session ran', async () => {
    const { cursor, streams } = stand(needs);
    await cursor.advance('blocks.2');
    await expect(cursor.jump('blocks.2', streams())).rejects.toThrow('cannot jump from blocks.2 to blocks.2');
  });
});

describe('a forked cursor', () => {
  it('goes on from where the other one stood', async () => {
    const { streams } = stand();
    const hidden = streams();
    const { cursor, ran, env } = stand({ cuts: ['blocks.1'] }, { station: 'blocks.1', hidden });
    await cursor.advance('trunk');
    expect(ran()).toEqual(['trunk']);
    expect(env.get('blocks.1.video.out')).toBe(hidden.video);
  });

  it('computes what somebody looks at before that', async () => {
    const { streams } = stand();
    const start = { station: 'blocks.1', hidden: streams() };
    const { cursor, ran } = stand({ cuts: ['blocks.0', 'blocks.1'] }, start);
    await cursor.advance('blocks.0');
    await cursor.finish();
    expect(ran()).toEqual(['blocks.0', 'trunk', 'end']);
  });

  it('tells what it computed there, and only if it did', async () => {
    const { cursor, streams } = stand({ ...skip('embed', 'trunk'), cuts: ['blocks.1'] });
    expect(cursor.computed('blocks.1')).toBeUndefined();
    await cursor.advance('blocks.1');
    expect(cursor.computed('blocks.1')).toEqual(await cursor.advance('blocks.1'));
    const jumped = stand({ ...skip('embed', 'trunk'), cuts: ['blocks.1'] }).cursor;
    await jumped.jump('trunk', streams());
    expect(jumped.computed('blocks.1')).toBeUndefined();
  });
});

describe('a cursor frees', () => {
  it('what no later span reads', async () => {
    const { cursor, dropped, env } = stand({}, undefined, 1);
    await cursor.finish();
    expect(dropped.length).toBe(2 * 4);
    expect(env.has('blocks.0.video.out')).toBe(false);
  });

  it('what nobody saw of what was asked for, when the pass ends', async () => {
    const { cursor, dropped, env } = stand(skip('blocks.0', 'blocks.1'));
    const seen = await cursor.advance('blocks.0');
    await cursor.finish();
    expect(dropped).toEqual([]);
    const unseen = [env.get('blocks.1.video.out')?.id, env.get('blocks.1.audio.out')?.id];
    cursor.close();
    expect(dropped).toEqual(unseen);
    for (const id of ids(seen)) expect(dropped).not.toContain(id);
  });

  it('what somebody saw that nobody had asked for', async () => {
    const { cursor, dropped } = stand({}, undefined, 1);
    const seen = await cursor.advance('blocks.1');
    await cursor.finish();
    for (const id of ids(seen)) expect(dropped).toContain(id);
    expect(Object.values(await cursor.advance('blocks.1')).every(isVirtual)).toBe(true);
  });

  it('nothing that a plugin asked to see, looked at, or gave', async () => {
    const { cursor, dropped, streams } = stand({ ...skip('blocks.0', 'blocks.2'), cuts: ['blocks.3'] });
    const seen = await cursor.advance('blocks.0');
    const given = streams();
    await cursor.jump('blocks.2', given);
    await cursor.finish();
    cursor.close();
    for (const id of [...ids(seen), ...ids(given)]) expect(dropped).not.toContain(id);
  });
});
