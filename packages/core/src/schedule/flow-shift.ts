/** σ' = shift·σ / (1 + (shift − 1)·σ): 0 and 1 stay, what lies between moves up for shift > 1. */
export function flowShift(shift: number, sigma: number): number {
  return (shift * sigma) / (1 + (shift - 1) * sigma);
}
