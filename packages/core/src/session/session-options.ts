import type { InferenceSession } from 'onnxruntime-node';
import type { SessionRequest } from './protocol.js';

/**
 * How every session is made.
 * - `basic`: above it the optimiser fuses across what a cut separates, and cut and uncut runs differ in
 *   their last bits. Fused nodes are written by us instead.
 * - `force_spinning_stop`: each session owns threads that spin after a run and eat the cores of the others.
 * - mapped: no prepacking, so that weights stay pages of their file, shared by all sessions; no arena, so
 *   that float32 casts of half-precision weights are given back after each run.
 */
export function sessionOptions(
  provider: 'cpu' | 'webgpu',
  threads: number,
  request: SessionRequest,
): InferenceSession.SessionOptions {
  const mapped = request.weights === 'mapped';
  return {
    executionProviders: [provider],
    graphOptimizationLevel: 'basic',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableCpuMemArena: !mapped,
    logSeverityLevel: 3,
    ...(request.profile ? { enableProfiling: true, profileFilePrefix: request.profile } : {}),
    ...(provider === 'webgpu' ? { preferredOutputLocation: onDevice(request.outputs) } : {}),
    extra: {
      session: {
        model_external_initializers_file_folder_path: request.folder,
        force_spinning_stop: '1',
        ...(mapped ? { disable_prepacking: '1' } : {}),
      },
    },
  };
}

const onDevice = (outputs: readonly string[]): Record<string, 'gpu-buffer'> =>
  Object.fromEntries(outputs.map((name) => [name, 'gpu-buffer' as const]));
