import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, SkipstoneError } from '@skipstone/core';
import { type Checked, type Golden, parseFields, type Verifier } from '@skipstone/golden';
import { z } from 'zod';
import { tokenize } from '../tokens/tokenizer.js';

const LARGEST_BYTES = 2 ** 24;

const list = z.array(
  z.looseObject({ text: z.string(), ids: z.array(z.int()), ids_plain: z.array(z.int()).optional() }),
);

/** Ids of many texts by the `tokenizer.json` of the folder, exactly. A folder without one names where it comes from. */
export const tokensVerifier: Verifier = {
  name: 'ids of a tokenizer (tokenizer.json beside tokens.json)',
  kind: 'tokens',
  accepts: () => true,
  verify,
};

async function* verify(golden: Golden): AsyncGenerator<Checked> {
  parseFields(
    golden,
    z.strictObject({ name: z.string(), count: z.int().positive(), kind: z.string().optional() }),
  );
  const json = await readJson(await golden.path('tokens.json'), undefined, LARGEST_BYTES);
  const cases = list.parse(json);
  const made = await tokenize(
    await folderOf(golden),
    cases.map(({ text }) => text),
  );
  for (const [i, { ids }] of cases.entries()) {
    const same = made[i]?.ids.join() === ids.join();
    yield {
      name: `text.${i}`,
      shape: [ids.length],
      error: same ? 0 : Number.POSITIVE_INFINITY,
      limit: 0,
      ...(!same && { note: `${made[i]?.ids.join(' ')} for ${ids.join(' ')}` }),
    };
  }
}

/** The golden folder, or that of the npm package which it names, where that is installed below this directory. */
async function folderOf(golden: Golden): Promise<string> {
  const [, named] = /npm package (@?[\w./-]+)/.exec(golden.what) ?? [];
  const has = await golden.path('tokenizer.json').then(
    () => true,
    () => false,
  );
  if (has || named === undefined) return golden.folder;
  const folder = join(process.cwd(), 'node_modules', named, 'models');
  if (existsSync(join(folder, 'tokenizer.json'))) return folder;
  throw new SkipstoneError({
    code: 'golden-folder',
    what: `${golden.folder}: its tokenizer lies in an npm package`,
    have: `no ${folder}`,
    need: `tokenizer.json in the folder, or ${named} installed`,
    do: `npm install --no-save ${named}, and verify again from the same directory`,
  });
}
