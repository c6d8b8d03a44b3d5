import { assertQuantised, DEFAULT_BLOCK, SkipstoneError, selfTest } from '@skipstone/core';
import type { DeviceName } from './try-device.js';

/** The process that `tryDevice` starts: prints a line of JSON. */
const [, , name = 'cpu', all] = process.argv;
const device = name as DeviceName;
const precisions: string[] = [];
const notes: string[] = [];

async function attempt(precision: string, test: () => Promise<readonly string[]>): Promise<boolean> {
  try {
    notes.push(...(await test()));
    precisions.push(precision);
    return true;
  } catch (error) {
    const said = error instanceof SkipstoneError ? error.lines.have : String(error);
    notes.push(`${precision}: ${said.trim()}`);
    if (error instanceof SkipstoneError && error.cause instanceof Error)
      process.stderr.write(error.cause.message);
    return false;
  }
}

const floats = (compute: 'float32' | 'float16') => async () => (await selfTest(device, compute)).notes;
const bits = (count: 4 | 8, block: number) => async () => {
  await assertQuantised({ device, weights: 'packed', bits: count, block });
  return [];
};

if ((await attempt('fp32', floats('float32'))) && all !== undefined) {
  await attempt('fp16', floats('float16'));
  await attempt('int8', bits(8, DEFAULT_BLOCK[8]));
  await attempt('int4', bits(4, DEFAULT_BLOCK[4]));
}
process.stdout.write(`${JSON.stringify({ precisions, notes })}\n`);
