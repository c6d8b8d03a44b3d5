import { SkipstoneError } from '../error.js';

/**
 * The one of an adapter's published sizes that a checkpoint without `config.json` has, told from the shapes of its
 * tensors. Shapes do not say how many heads share a width, so another size is refused. `origin`: the file; `have`: what
 * its shapes say.
 */
export function publishedSize<Size extends { readonly name: string }>(
  sizes: readonly Size[],
  fits: (size: Size) => boolean,
  lines: { readonly code: string; readonly origin: string; readonly have: string; readonly do?: string },
): Size {
  const found = sizes.find(fits);
  if (found) return found;
  throw new SkipstoneError({
    code: lines.code,
    what: `${lines.origin}: this is none of the published transformers, and there is no config.json`,
    have: lines.have,
    need: sizes.map(({ name }) => name).join(', '),
    do: lines.do ?? 'put the config.json of its diffusers version beside it, or pass { config }',
  });
}

/** How many blocks a checkpoint has: the numbers behind a name such as `blocks.`. */
export function blocksOf(names: Iterable<string>, before: string): number {
  let blocks = 0;
  for (const name of names) {
    if (name.startsWith(before))
      blocks = Math.max(blocks, 1 + Number.parseInt(name.slice(before.length), 10));
  }
  return blocks;
}
