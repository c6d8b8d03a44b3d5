import { narrowBfloat16, narrowFloat16 } from '../../checkpoint/half.js';
import type { StreamedTensor } from '../../checkpoint/write.js';
import type { StoredWeight } from '../../graph/weights.js';
import type { HostTensor } from '../../spec/tensor.js';

/** Values as a tensor of a checkpoint of this type, rounded to nearest. */
export function storedAs(
  type: StoredWeight['type'],
  shape: readonly number[],
  data: Float32Array<ArrayBuffer>,
): HostTensor | StreamedTensor {
  if (type === 'float32') return { type, shape, data };
  const bits = type === 'float16' ? narrowFloat16(data) : narrowBfloat16(data);
  const dtype = type === 'float16' ? 'F16' : 'BF16';
  return { dtype, shape, pieces: () => [new Uint8Array(bits.buffer)] };
}
