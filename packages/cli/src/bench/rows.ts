import type { Row } from './row.js';

/** All rows, in the order they are measured; each loads when it is asked for. */
export const ROWS: Readonly<Record<string, () => Promise<Row>>> = {
  products: async () => (await import('./rows/products.js')).products,
  engine: async () => (await import('./rows/engine.js')).engine,
  cuts: async () => (await import('./rows/cuts.js')).cuts,
  opening: async () => (await import('./rows/opening.js')).opening,
  sizes: async () => (await import('./rows/sizes.js')).sizes,
  quantised: async () => (await import('./rows/quantised.js')).quantised,
  tokens: async () => (await import('./rows/tokens.js')).tokens,
  align: async () => (await import('./rows/align.js')).align,
  reuse: async () => (await import('./rows/reuse.js')).reuse,
  memory: async () => (await import('./rows/memory.js')).memory,
  hsa: async () => (await import('./rows/hsa.js')).hsa,
  budgets: async () => (await import('./rows/budgets.js')).budgets,
  leaks: async () => (await import('./rows/leaks.js')).leaks,
  webgpu: async () => (await import('./rows/webgpu.js')).webgpu,
  schedules: async () => (await import('./rows/schedules.js')).schedules,
  alternatives: async () => (await import('./rows/alternatives.js')).alternatives,
  frontier: async () => (await import('./rows/frontier.js')).frontier,
};
