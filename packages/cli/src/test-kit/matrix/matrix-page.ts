/** What each column's plugins did, by model. */
export type Cells = Readonly<Record<string, Readonly<Record<string, string>>>>;

const HEAD = `# Plugins on every model

Made by \`npm run matrix\`, which runs every adapter's tiny golden model under every plugin and every pair of
galaxy-cache, cfg-align and hsa; \`npm test\` runs the same and fails where this page says anything else.
8 Euler steps, CPU, float32. Of every cell it is asserted that

- the run is finite, gives the same bytes and the same ledger twice, and holds no tensor at its end; saved in its
  middle and gone on with, it gives those bytes and decisions again;
- the plugins acted at exactly the steps, branches and rows they should have, read from the ledger; the cell says what
  they did, and where that is nothing, the bytes are those of the run without them;
- where latents and timestep stand still, every pass, over some rows of one stream or of all, reusing or not, gives the
  rows of the first full one within 1e-6, in every branch and phase: keys and values of idle rows are in sync;
- where a first frame is given, its tokens end where they were given, within 1e-5, and hsa ranks them last.

Nothing was recorded of Cosmos-Predict2.5 and LTX-2.5: theirs are the tiny models before them, with what is new made up.
With two experts, the first step of the second computes everything: all rows, and nothing is reused. Under hsa all
tokens of sound are active at every step; it reads the keys and values of video tokens that idle.
`;

/** A table: one row a model, one column a plugin or a pair. */
export function matrixPage(titles: readonly string[], cells: Cells): string {
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
  const rows = Object.entries(cells).map(([model, row]) =>
    line([model, ...titles.map((title) => row[title] ?? '**failed**')]),
  );
  return [HEAD, line(['model', ...titles]), line(['---', ...titles.map(() => '---')]), ...rows, ''].join(
    '\n',
  );
}
