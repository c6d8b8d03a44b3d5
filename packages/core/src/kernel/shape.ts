import { SkipstoneError } from '../error.js';

/**
 * Every kernel's guard: both shapes are equal, else an error that names both. Without it unequal shapes could
 * give NaN, `NaN < threshold` is false, and a cache would silently never fire.
 */
export function assertSameShape(kernel: string, a: readonly number[], b: readonly number[]): void {
  if (a.length === b.length && a.every((length, axis) => length === b[axis])) return;
  throw shapeFault(kernel, `[${a.join(', ')}] and [${b.join(', ')}]`, 'equal shapes');
}

/** The same for flat arrays, whose shape is their length. */
export function assertSameLength(kernel: string, a: number, b: number): void {
  if (a !== b) throw shapeFault(kernel, `[${a}] and [${b}]`, 'equal shapes');
}

export function shapeFault(kernel: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'kernel-shape',
    what: `${kernel}: the shapes do not go together`,
    have,
    need,
    do: 'check which rows each tensor holds: all of them (N) or the computed ones (A)',
  });
}
