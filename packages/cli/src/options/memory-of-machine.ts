import { totalmem } from 'node:os';

/** Bytes of memory this process may use: the machine's, or what its container is limited to. */
export function memoryOfMachine(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
