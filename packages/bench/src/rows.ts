import type { Measure } from './row.js';

/** One row of the table of measurements: a small file that measures one thing and says what came out. */
interface Row {
  /** A line of the help. */
  readonly about: string;
  load(): Promise<Measure>;
}

/** What rows measure, in the order they are measured. */
const ABOUT = {
  products: 'a forward of wan-1.3b-width against its matrix products, each run alone',
  engine: "a demo run against its bare session runs, and those against the uncut graph's",
  cuts: 'a forward cut at three stations against the uncut one, equal to the bit',
  opening: "checkpoints of Wan2.1-1.3B's shapes, mapped: until ready, and a first small forward",
  sizes: 'Wan2.1-1.3B and Cosmos-Predict2-2B with made-up weights: runs, memory, the plan of it',
  quantised: 'wan-1.3b-width with 8-bit and 4-bit weights against float32: memory, error, speed',
  lora: 'wan-1.3b-width with low-rank additions of rank 384 over without',
  tokens: 'steps of wan-1.3b-width with some of the tokens active over full steps',
  align: 'demo model: galaxy-cache aligned against unaligned, by guidance scale; PSNR',
  reuse: "runs that reuse half of their steps, over what their operators' own times promise",
  memory: 'bytes that reuse and partial tokens add over those planned; what each form does to velocities',
  hsa: 'whole runs of the named schedules of hsa over the full run',
  budgets: 'demo model: fewer steps, hsa, galaxy-cache and both at the same work; PSNR and SSIM',
  leaks: 'resident memory over 200 demo runs in one process',
  webgpu: 'demo model and wan-1.3b-width in fp16 through WebGPU against fp32 on the CPU',
  schedules: 'demo model: allocations of steps of hsa against fewer steps at the same share; PSNR',
  alternatives: 'demo model: hsa against tokens and attention spared in other ways; PSNR',
  frontier: 'demo model: galaxy-cache at 2x and 3x against fewer steps at no less work; PSNR',
} as const;

/** Each loads when it is asked for. */
const LOAD: Readonly<Record<keyof typeof ABOUT, () => Promise<Measure>>> = {
  products: async () => (await import('./rows/products.js')).products,
  engine: async () => (await import('./rows/engine.js')).engine,
  cuts: async () => (await import('./rows/cuts.js')).cuts,
  opening: async () => (await import('./rows/opening.js')).opening,
  sizes: async () => (await import('./rows/sizes.js')).sizes,
  quantised: async () => (await import('./rows/quantised.js')).quantised,
  lora: async () => (await import('./rows/lora.js')).lora,
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

/** All rows, in the order they are measured. */
export const ROWS: Readonly<Record<string, Row>> = Object.fromEntries(
  Object.entries(ABOUT).map(([name, about]) => [name, { about, load: LOAD[name as keyof typeof ABOUT] }]),
);
