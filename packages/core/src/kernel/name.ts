/** Kernels of the loop that have a float64 reference and an ONNX form. `add` and `sub` are scaled adds. */
export type KernelName = 'scaledAdd' | 'relativeL1' | 'mean' | 'std' | 'gather' | 'scatter';
