import { readdir } from 'node:fs/promises';
import { ROWS } from '@skipstone/bench';
import { temporaryFolder } from '@skipstone/core/testing';
import { expect, it } from 'vitest';
import { start } from '../test-kit/skipstone.js';
import { benchCommand, printBench } from './command.js';

it('names the nearest row where one is unknown', async () => {
  await expect(printBench(['prodcts'], {})).rejects.toThrow("did you mean 'skipstone bench products'?");
});

it.each(['0', '1.5', 'many'])('does not repeat %s times', async (repeats) => {
  await expect(printBench([], { repeats })).rejects.toThrow('--repeats has a value that does not serve');
});

it('lists every row in its help, and what it measures', async () => {
  let help = '';
  const write = (text: string): void => {
    help += text;
  };
  (await benchCommand()).configureOutput({ writeOut: write }).outputHelp();
  for (const [name, { about }] of Object.entries(ROWS)) {
    expect(help).toMatch(new RegExp(`^ {2}${name} +`, 'm'));
    expect(help).toContain(` ${about}\n`);
  }
});

it.skipIf(process.platform === 'win32')(
  'leaves nothing behind after Ctrl-C, whatever was being written',
  async () => {
    const folder = await temporaryFolder('bench');
    const bench = start(folder, ['bench', 'sizes'], { TMPDIR: folder });
    let [over, files] = [false, [] as string[]];
    bench.ended.then(() => {
      over = true;
    });
    while (!over && !files.some((file) => file.endsWith('.partial'))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      files = await readdir(folder, { recursive: true });
    }
    bench.process.kill('SIGINT');
    expect((await bench.ended).signal).toBe('SIGINT');
    expect(await readdir(folder)).toEqual([]);
  },
);
