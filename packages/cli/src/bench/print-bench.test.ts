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

it('lists every row in its help, and what it measures', () => {
  let help = '';
  const write = (text: string): void => {
    help += text;
  };
  benchCommand().configureOutput({ writeOut: write }).outputHelp();
  for (const [name, { about }] of Object.entries(ROWS)) {
    expect(help).toMatch(new RegExp(`^ {2}${name} +`, 'm'));
    expect(help).toContain(` ${about}\n`);
  }
});
