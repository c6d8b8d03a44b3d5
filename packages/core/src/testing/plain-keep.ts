import type { Keep, Slot } from '../spec/sampler.js';
import type { Json, Streams, Widened } from '../spec/tensor.js';

/**
 * Cells and slots in plain memory, for a sampler that is used outside the loop: nothing is saved. `free` gets
 * what a slot held when it is set to something else.
 */
export function plainKeep(free: (held: Streams) => void = () => {}): Keep {
  return {
    cell: <T extends Json>(initial: T) => ({ value: initial as unknown as Widened<T> }),
    slot: (): Slot => {
      let held: Streams | undefined;
      return {
        get: () => held,
        set: (value) => {
          if (held !== undefined && held !== value) free(held);
          held = value;
        },
      };
    },
  };
}
