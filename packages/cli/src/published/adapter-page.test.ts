import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const at = (path: string): Promise<string> =>
  readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8');

it('quotes the adapter that runs, and says how long it is', async () => {
  const [page, example] = [await at('docs/writing-a-model-adapter.md'), await at('examples/own-model.ts')];
  const quotes = [...page.matchAll(/```ts\n(.*?)\n```/gs)].map(([, code]) => code ?? '');
  expect(quotes.length).toBeGreaterThan(3);
  for (const quote of quotes) expect(example).toContain(quote);
  const lines = example.split('\n').length - 1;
  expect(page).toContain(`It is ${lines} lines`);
  expect(lines).toBeLessThanOrEqual(150);
});
