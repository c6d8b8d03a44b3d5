/**
 * The inverse of the normal distribution's cumulative function, by rational approximations: Wichura's
 * PPND16, relative accuracy about 1e-16. Nothing but + − · / and √, which IEEE 754 fixes to the last bit, so it
 * is the same everywhere; Math.log may differ between engines and is not used.
 *
 * Source: M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied
 * Statistics 37 (1988) 477–484. Coefficients from the constant term up.
 */

/** For |p − ½| ≤ 0.425, in 0.180625 − (p − ½)². */
const CENTRE_OVER = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
] as const;
const CENTRE_UNDER = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
  28729.085735721943, 5226.495278852854,
] as const;
/** For tails down to r = √(−ln p) = 5 (p about 1.4e-11), in r − 1.6. */
const TAIL_OVER = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
] as const;
const TAIL_UNDER = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
] as const;

/** The z with P(Z ≤ z) = p, for p from 2^-33 to 1 − 2^-33 (|z| up to 6.34). */
export function normalQuantile(p: number): number {
  const fromCentre = p - 0.5;
  if (fromCentre >= -0.425 && fromCentre <= 0.425) {
    const r = 0.180625 - fromCentre * fromCentre;
    return (fromCentre * polynomial(CENTRE_OVER, r)) / polynomial(CENTRE_UNDER, r);
  }
  const tail = fromCentre < 0 ? p : 1 - p;
  const r = Math.sqrt(-naturalLog(tail)) - 1.6;
  const z = polynomial(TAIL_OVER, r) / polynomial(TAIL_UNDER, r);
  return fromCentre < 0 ? -z : z;
}

type Eight = readonly [number, number, number, number, number, number, number, number];

/** Horner's scheme, written out: one order of operations. */
function polynomial([c0, c1, c2, c3, c4, c5, c6, c7]: Eight, x: number): number {
  return ((((((c7 * x + c6) * x + c5) * x + c4) * x + c3) * x + c2) * x + c1) * x + c0;
}

/** ln 2 in two parts: the first times any exponent here is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/**
 * ln x for 0 < x < 1, to about 1e-15 relative: x = m·2^e with m in [√½, √2), ln m = 2·artanh(s),
 * s = (m − 1)/(m + 1), |s| ≤ 0.1716, a series whose next term is below 1e-18.
 */
export function naturalLog(x: number): number {
  let m = x;
  let e = 0;
  while (m < Math.SQRT1_2) {
    m *= 2;
    e -= 1;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let series = 0;
  for (let k = 21; k >= 1; k -= 2) series = series * square + 1 / k;
  return e * LN2_HIGH + (e * LN2_LOW + 2 * s * series);
}
