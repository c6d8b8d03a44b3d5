import type { Row } from './row.js';

/** All rows, in the order they are measured; each loads when it is asked for. */
export const ROWS: Readonly<Record<string, Row>> = {
  products: {
    about: 'a forward of wan-1.3b-width against its matrix products, each run alone',
    load: async () => (await import('./rows/products.js')).products,
  },
  engine: {
    about: "a demo run against its bare session runs, and those against the uncut graph's",
    load: async () => (await import('./rows/engine.js')).engine,
  },
  cuts: {
    about: 'a forward cut at three stations against the uncut one, equal to the bit',
    load: async () => (await import('./rows/cuts.js')).cuts,
  },
  opening: {
    about: "checkpoints of Wan2.1-1.3B's shapes, mapped: until ready, and a first small forward",
    load: async () => (await import('./rows/opening.js')).opening,
  },
  sizes: {
    about: 'Wan2.1-1.3B and Cosmos-Predict2-2B with made-up weights: runs, memory, the plan of it',
    load: async () => (await import('./rows/sizes.js')).sizes,
  },
  quantised: {
    about: 'wan-1.3b-width with 8-bit and 4-bit weights against float32: memory, error, speed',
    load: async () => (await import('./rows/quantised.js')).quantised,
  },
  lora: {
    about: 'wan-1.3b-width with low-rank additions of rank 384 over without',
    load: async () => (await import('./rows/lora.js')).lora,
  },
  tokens: {
    about: 'steps of wan-1.3b-width with some of the tokens active over full steps',
    load: async () => (await import('./rows/tokens.js')).tokens,
  },
  align: {
    about: 'demo model: galaxy-cache aligned against unaligned, by guidance scale; PSNR',
    load: async () => (await import('./rows/align.js')).align,
  },
  reuse: {
    about: "runs that reuse half of their steps, over what their operators' own times promise",
    load: async () => (await import('./rows/reuse.js')).reuse,
  },
  memory: {
    about: 'bytes that reuse and partial tokens add over those planned; what each form does to velocities',
    load: async () => (await import('./rows/memory.js')).memory,
  },
  hsa: {
    about: 'whole runs of the named schedules of hsa over the full run',
    load: async () => (await import('./rows/hsa.js')).hsa,
  },
  budgets: {
    about: 'demo model: fewer steps, hsa, galaxy-cache and both at the same work; PSNR and SSIM',
    load: async () => (await import('./rows/budgets.js')).budgets,
  },
  leaks: {
    about: 'resident memory over 200 demo runs in one process',
    load: async () => (await import('./rows/leaks.js')).leaks,
  },
  webgpu: {
    about: 'demo model and wan-1.3b-width in fp16 through WebGPU against fp32 on the CPU',
    load: async () => (await import('./rows/webgpu.js')).webgpu,
  },
  schedules: {
    about: 'demo model: allocations of steps of hsa against fewer steps at the same share; PSNR',
    load: async () => (await import('./rows/schedules.js')).schedules,
  },
  alternatives: {
    about: 'demo model: hsa against tokens and attention spared in other ways; PSNR',
    load: async () => (await import('./rows/alternatives.js')).alternatives,
  },
  frontier: {
    about: 'demo model: galaxy-cache at 2x and 3x against fewer steps at no less work; PSNR',
    load: async () => (await import('./rows/frontier.js')).frontier,
  },
};
