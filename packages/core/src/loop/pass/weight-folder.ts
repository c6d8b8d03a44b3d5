import type { Graph } from '../../graph/node.js';

/**
 * The one folder the runtime may read weights from: the nearest that holds all files. Paths are real ones
 * already (a link that leads out of the folder is refused by the runtime), with `/` between names.
 */
export function weightFolder(spans: readonly { readonly graph: Graph }[]): {
  readonly folder: string;
  readonly below: (file: string) => string;
} {
  const files = new Set<string>();
  for (const span of spans) {
    for (const { data } of span.graph.initializers) if (!('bytes' in data)) files.add(data.file);
  }
  const parts = [...files].map((file) => file.split('/').slice(0, -1));
  const [first = []] = parts;
  let shared = first.length;
  for (const other of parts) {
    let i = 0;
    while (i < shared && other[i] === first[i]) i++;
    shared = i;
  }
  const folder = `${first.slice(0, shared).join('/')}/`;
  return { folder, below: (file) => file.slice(folder.length) };
}
