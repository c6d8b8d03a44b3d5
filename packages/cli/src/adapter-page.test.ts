import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { expect, it } from 'vitest';

const at = (path: string): Promise<string> => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

/** A file, and all that it imports from beside it. */
async function withImports(path: string): Promise<readonly string[]> {
  const text = await at(path);
  const beside = [...text.matchAll(/'(\.\.?\/[^']+)\.js'/g)].map(([, to]) => `${to}.ts`);
  const more = beside.map((other) => withImports(posix.join(posix.dirname(path), other)));
  return [text, ...(await Promise.all(more)).flat()];
}

it('quotes the adapter that runs, and says how long it is', async () => {
  const page = await at('docs/writing-a-model-adapter.md');
  const example = (await withImports('examples/own-model.ts')).join('');
  const quotes = [...page.matchAll(/```ts\n(.*?)\n```/gs)].map(([, code]) => code ?? '');
  expect(quotes.length).toBeGreaterThan(3);
  for (const quote of quotes) expect(example).toContain(quote);
  const lines = example.split('\n').length - 1;
  expect(page).toContain(`It is ${lines} lines`);
  expect(lines).toBeLessThanOrEqual(150);
});
