import type { PackedForm } from './packed-rows.js';

/** Kernels of the loop that have a float64 reference and an ONNX form. `add` and `sub` are scaled adds. */
export type KernelName = 'scaledAdd' | 'gather' | 'scatter' | ReductionName | RowReductionName;
/** Kernels that give one number, and those that give one a row. */
export type ReductionName = 'relativeL1' | 'mean' | 'std' | 'norm1' | 'norm2' | 'dot';
export type RowReductionName = 'rowNorm1' | 'rowNorm2' | 'rowDot';

/** Kernels that host memory alone has. */
export type PackKernelName = `${'pack' | 'unpack'}.${PackedForm}`;
export type HostKernelName = KernelName | PackKernelName;
