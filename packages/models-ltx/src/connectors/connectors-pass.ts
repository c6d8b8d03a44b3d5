import type { HostTensor, ModelSpec, PassBuilder, TableSpec, Value } from '@skipstone/core';
import { emitAttention, emitFeedForward } from '../attention.js';
import { type Both, both, STREAMS, type StreamName } from '../block.js';
import { cosSin } from '../rotary.js';
import type { ConnectorsConfig } from './connectors-config.js';

const EPS = 1e-6;

/** Learned rows; the host reads them, since they are where a pass begins. */
export const REGISTERS: Both<string> = both((s) => `${s}_connector.learnable_registers`);

/**
 * Text connectors as a pass: rows begin as registers, or empty where a token of the prompt comes; `states`
 * `[V, layers·width]` are the normed hidden states of those V tokens. The grid's frames are the rows. Source:
 * LTX2TextConnectors of diffusers 0.40 (58eb52c0).
 */
export function connectorsPass(config: ConnectorsConfig, name: string): ModelSpec {
  const { blocks, textWidth, layers } = config;
  const tableSpecs: Record<string, TableSpec> = {};
  for (const s of STREAMS) {
    const angles = { stream: s, width: config[s].width / 2 };
    tableSpecs[`${s}.cos`] = angles;
    tableSpecs[`${s}.sin`] = angles;
    tableSpecs[`${s}.token`] = { stream: s, width: 1, type: 'int64', given: true };
    tableSpecs[`${s}.filled`] = { stream: s, width: 1, given: true };
  }
  const stream = (s: StreamName) => ({ patch: config[s].width, width: config[s].width });
  return {
    ...{ name, blocks, tableSpecs, clocks: {}, variants: [] },
    streams: both(stream),
    conditions: { states: { shape: ['V', layers * textWidth] } },
    tables: ({ frames }) => rotaryTables(config, frames),
    rows: ({ frames }) => both(() => frames),
    patchify: (rows) => rows,
    unpatchify: (rows) => rows,
    emit: (pass) => emitConnectors(pass, config),
  };
}

function rotaryTables(config: ConnectorsConfig, rows: number): Record<string, HostTensor> {
  const positions = [Float32Array.from({ length: rows }, (_, i) => i)];
  return Object.fromEntries(
    STREAMS.flatMap((s) => {
      const { cos, sin } = cosSin({ positions, most: [config.most] }, config[s].width / 2, config.theta);
      return [
        [`${s}.cos`, cos],
        [`${s}.sin`, sin],
      ];
    }),
  );
}

function emitConnectors(p: PassBuilder, config: ConnectorsConfig): void {
  const projected = projections(p, config);
  let hidden = both((s) => {
    const at = `${s}_connector.tokens`;
    const [rows = 1] = p.table(`${s}.token`).shape;
    const ids = p.reshape(`${at}.ids`, p.table(`${s}.token`), [rows]);
    const tokens = p.gatherRows(`${at}.rows`, projected[s], p.ownRows(s, `${at}.own`, ids));
    const filled = p.mul(`${at}.filled`, tokens, p.ownRows(s, `${at}.mask`, p.table(`${s}.filled`)));
    return p.add(`${at}.sum`, p.latents(s), filled);
  });
  p.station('embed', hidden);
  for (let i = 0; i < config.blocks; i++) {
    const before = hidden;
    hidden = both((s) => emitConnectorBlock(p, config, s, i, before[s]));
    p.station(`blocks.${i}`, hidden);
  }
  p.station('trunk', hidden);
  for (const s of STREAMS) p.output(s, p.plainRmsNorm(`${s}_connector.norm_out`, hidden[s], EPS));
}

/** Of the prompt's tokens, `[V, width]`. */
function projections(p: PassBuilder, config: ConnectorsConfig): Both {
  const { textWidth, layers, projectionBias: bias } = config;
  const states = p.condition('states');
  const project = (path: string, x: Value, width: number): Value =>
    p.linear(path, x, { in: layers * textWidth, out: width, bias });
  if (!config.own) {
    const shared = project('text_proj_in', states, textWidth);
    return both(() => shared);
  }
  return both((s) => {
    const path = `${s}_text_proj_in`;
    const { width } = config[s];
    return project(path, p.scale(`${path}.scaled`, states, Math.sqrt(width / textWidth)), width);
  });
}

function emitConnectorBlock(
  p: PassBuilder,
  config: ConnectorsConfig,
  s: StreamName,
  index: number,
  x: Value,
): Value {
  const at = `${s}_connector.transformer_blocks.${index}`;
  const { heads, headWidth, gated } = config[s];
  const into = p.plainRmsNorm(`${at}.norm1`, x, EPS);
  const turn = { positions: p.positions(s), cos: p.table(`${s}.cos`), sin: p.table(`${s}.sin`) };
  const attended = emitAttention(p, `${at}.attn1`, {
    ...{ query: into, key: into, stream: s, heads, headWidth, gated, eps: EPS, pairs: config.pairs },
    turn: { query: turn, key: turn },
  });
  const after = p.add(`${at}.attn1.sum`, x, attended);
  const fed = emitFeedForward(p, `${at}.ff`, p.plainRmsNorm(`${at}.norm2`, after, EPS), true);
  return p.add(`${at}.ff.sum`, after, fed);
}
