import type { PackedForm } from './packed-rows.js';

/** Kernels of the loop that have a float64 reference and an ONNX form. `add` and `sub` are scaled adds. */
export type KernelName = 'scaledAdd' | 'relativeL1' | 'mean' | 'std' | 'gather' | 'scatter';

/** Kernels that host memory alone has. */
export type PackKernelName = `${'pack' | 'unpack'}.${PackedForm}`;
export type HostKernelName = KernelName | PackKernelName;
