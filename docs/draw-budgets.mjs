/** Draws what `skipstone bench budgets --json FILE` measured: `node docs/draw-budgets.mjs FILE docs/images/budgets.svg`. */
import { readFile, writeFile } from 'node:fs/promises';
import { interval, lines } from '@skipstone/report';

const [from, to] = process.argv.slice(2);
if (!from || !to) throw new Error('node docs/draw-budgets.mjs FROM.json TO.svg');
const { outcomes } = JSON.parse(await readFile(from, 'utf8'));
const series = new Map();
for (const { row, what, details } of outcomes) {
  if (row !== 'budgets' || details.length < 3) continue;
  const name = what.split(', ').slice(1).join(', ');
  const work = interval(details.map((point) => point.work)).mean;
  const { mean, low, high } = interval(details.map((point) => point.psnr));
  series.set(name, [...(series.get(name) ?? []), { x: work, y: mean, low, high }]);
}
const svg = lines({
  title: 'PSNR against the full run, by work; demo model, 40 Euler steps, 95 % intervals',
  x: { label: 'operations over those of the full run' },
  y: { label: 'PSNR, dB' },
  series: [...series].map(([name, points]) => ({ name, points, dashed: name === 'fewer steps' })),
  height: 380,
});
await writeFile(to, svg);
