/**
 * Philox4x32-10: a counter-based generator. Four words out of four words of counter and two of key, ten rounds
 * of multiplications whose high halves are mixed crosswise; no state, so any value can be made on its own.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; constants and
 * known answers from Random123. Passes TestU01's BigCrush. Integer arithmetic only: the same on every machine.
 */
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
/** Weyl sequence of the key: the golden ratio and √3 − 1, times 2^32. */
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const ROUNDS = 10;

/** Writes the four words of `counter` under `key` to `out`. All are unsigned 32-bit. */
export function philox(counter: Uint32Array, key: Uint32Array, out: Uint32Array): void {
  let [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counter;
  let [k0 = 0, k1 = 0] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const low0 = Math.imul(M0, c0);
    const high0 = highProduct(M0, c0);
    const low1 = Math.imul(M1, c2);
    const high1 = highProduct(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of an unsigned 32×32-bit product, from 16-bit halves: every sum stays below 2^53. */
function highProduct(a: number, b: number): number {
  const [aHigh, aLow] = [a >>> 16, a & 0xffff];
  const [bHigh, bLow] = [b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) | 0;
}
