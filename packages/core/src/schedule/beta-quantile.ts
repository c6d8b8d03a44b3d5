/**
 * The quantile p of Beta(α, α), 0 to 1, for α above 0. With x = sin²(θ/2) the density of θ is sin(θ)^(2α − 1) up to a
 * factor, symmetric about π/2, so that half of it is looked for. With θ = u^(1/2α) the power at 0 is gone: the integral is
 * nearly a line in u, and Newton's steps end at once.
 */
export function betaQuantile(p: number, alpha: number): number {
  if (p > 0.5) return 1 - betaQuantile(1 - p, alpha);
  const power = 2 * alpha;
  const end = (Math.PI / 2) ** power;
  const wanted = 2 * p * integral(end, power);
  let u = 2 * p * end;
  for (let i = 0; i < 6; i++) u -= (integral(u, power) - wanted) / slope(u, power);
  return Math.sin(u ** (1 / power) / 2) ** 2;
}

/** (sin θ / θ)^(2α − 1) at θ = u^(1/2α). */
function slope(u: number, power: number): number {
  const theta = u ** (1 / power);
  return theta === 0 ? 1 : (Math.sin(theta) / theta) ** (power - 1);
}

/** ∫₀^u slope, by Simpson's rule. */
function integral(u: number, power: number): number {
  const points = 256;
  let sum = slope(0, power) + slope(u, power);
  for (let i = 1; i < points; i++) sum += (i % 2 === 1 ? 4 : 2) * slope((i * u) / points, power);
  return (sum * u) / (3 * points);
}
