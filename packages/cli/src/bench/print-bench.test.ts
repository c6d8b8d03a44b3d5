import { expect, it } from 'vitest';
import { benchCommand } from './command.js';
import { printBench } from './print-bench.js';
import { ROWS } from './rows.js';

it('names the nearest row where one is unknown', async () => {
  await expect(printBench(['prodcts'], {})).rejects.toThrow("did you mean 'skipstone bench products'?");
});

it.each(['0', '1.5', 'many'])('does not repeat %s times', async (repeats) => {
  await expect(printBench([], { repeats })).rejects.toThrow('--repeats has a value that does not serve');
});

it('lists every row in its help', () => {
  const [argument] = benchCommand().registeredArguments;
  expect(argument?.description).toContain(Object.keys(ROWS).join(', '));
});
