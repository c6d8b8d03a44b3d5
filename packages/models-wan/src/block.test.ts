import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openCheckpoint, openModel, type Plugin } from '@skipstone/core';
import { planOn, type Subject } from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { wanConfig } from './config.js';
import { wanTransformer } from './transformer.js';

const folder = fileURLToPath(new URL('../test-data/run-wan21-euler/', import.meta.url));
const config = wanConfig(JSON.parse(await readFile(`${folder}config.json`, 'utf8')), folder);
const model = openModel(wanTransformer(config, 'tiny'), await openCheckpoint(`${folder}model.safetensors`));
const subject: Subject = {
  name: 'tiny',
  models: [model],
  grid: { frames: 3, height: 8, width: 6 },
  lengths: { S: 9 },
  conditions: {},
  latents: {},
};

/** Nodes of a pass and the names of what leaves its sessions. */
function passOf(outputs: readonly string[]) {
  const watch: Plugin = { name: 'watch', contract: 1, needs: () => ({ outputs }), setup: () => ({}) };
  const pass = planOn(subject, { plugins: [watch] }).phases[0]?.passes.get('plain');
  const spans = [...(pass?.run ?? []), ...(pass?.step ?? []), ...(pass?.pass ?? [])];
  return {
    nodes: spans.reduce((sum, span) => sum + span.nodes.length, 0),
    leaving: spans.flatMap((span) => span.graph.outputs.map((port) => port.name)),
  };
}

describe.each(['attn', 'mlp'])('the gated output of %s', (part) => {
  const product = `blocks.1.${part === 'attn' ? 'attn1' : 'ffn'}.gated`;

  test('is a tap: watched, it leaves its session and adds no node', () => {
    const [plain, watched] = [passOf([]), passOf([`blocks.1.${part}_gated`])];
    expect(watched.nodes).toBe(plain.nodes);
    expect(watched.leaving.filter((name) => !plain.leaving.includes(name))).toEqual([product]);
  });

  test('costs nothing where nobody watches it', () => {
    expect(passOf([]).leaving).not.toContain(product);
  });
});

describe('the station behind self-attention', () => {
  const jumps = [0, 1].map((i) => ({
    from: i === 0 ? 'embed' : 'blocks.0',
    to: `blocks.${i}.attended`,
    decided: 'before' as const,
  }));
  const jumping: Plugin = { name: 'jumping', contract: 1, needs: () => ({ jumps }), setup: () => ({}) };

  test('is no place to cut for time or memory', () => {
    const cut = planOn(subject, { settings: { maxRunSeconds: 1e-12 } }).phases[0]?.main;
    const spans = cut?.pass.map(({ id }) => id) ?? [];
    expect(spans).toContain('plain/blocks.0');
    expect(spans.filter((id) => id.includes('attended'))).toEqual([]);
  });

  test('is the end of a gate around attention and its projections, in every block', () => {
    const plan = planOn(subject, { plugins: [jumping] });
    const gates = plan.phases[0]?.main.pass.flatMap((span) => span.gates) ?? [];
    expect(plan.notes).toEqual([]);
    expect(gates.map(({ from, to }) => [from, to])).toEqual(jumps.map(({ from, to }) => [from, to]));
    const inside = gates.map(({ nodes }) => [...nodes].map(({ name }) => name));
    expect(inside[1]).toContain('blocks.1.attn1.attention/heads');
    expect(inside.flat().filter((name) => /attn2|ffn|modulation/.test(name))).toEqual([]);
  });
});
