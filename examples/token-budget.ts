/** Where a budget of half the work goes: the full run above, the cheaper one, and steps a token below. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Frames, generate, type Plugin } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';
import { hsa } from '@skipstone/hsa';
import { psnr, tokenMap, tokenSteps } from '@skipstone/report';
import { writeFrames } from '@skipstone/video';

const model = await demoModel();
const prompt = 'a red circle moves right slowly near a blue ring over a checkered brown backdrop';
const run = (plugins: readonly Plugin[]) => generate(model, { prompt, seed: 4, steps: 24, plugins }).result;

const [full, half] = [await run([]), await run([hsa({ budget: 0.5 })])];
const [steps] = tokenSteps(half.ledger);
if (!full.video || !half.video || !steps) throw new Error('the demo model makes pictures, and hsa groups');

const { frames, height, width } = half.grid;
const map = tokenMap(half.video, { frames, rows: height / 2, columns: width / 2 }, steps.shares);
const pick = ({ rgba }: Frames) => [0, 4, 8].flatMap((i) => rgba[i] ?? []);
const sheet = { ...full.video, rgba: [full.video, half.video, map].flatMap(pick) };
const path = process.argv[2] ?? 'out/token-budget.png';
await mkdir(dirname(path), { recursive: true });
await writeFrames(path, sheet, { scale: 4, gapPixels: 8 });

const share = steps.shares.reduce((a, b) => a + b, 0) / steps.shares.length;
console.log(
  `${(100 * share).toFixed(0)} % of all tokens computed, ${psnr(half.video, full.video).toFixed(1)} dB; see ${path}`,
);
