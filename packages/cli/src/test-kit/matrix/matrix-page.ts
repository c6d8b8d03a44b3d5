/** What each column's plugins did, by model. */
export type Cells = Readonly<Record<string, Readonly<Record<string, string>>>>;

const HEAD = `# Plugins on every model

Made by \`npm run matrix\`, which runs every adapter's tiny golden model under every plugin and every pair of
galaxy-cache, cfg-align and hsa; \`npm test\` runs the same and fails where this page says anything else.
8 steps, CPU, float32, Euler but where a row says UniPC, which is not asked again what concerns single passes (the
fourth and the fifth). Of every cell it is asserted that

- the run is finite and holds no tensor at its end; aborted in its middle it stops there and leaves no thread; from what
  was saved just before, it goes on to the same bytes and decisions; replayed from its ledger it gives the same bytes
  and the same ledger, what plugins measured included;
- the plugins acted at exactly the steps, branches and rows they should have, read from the ledger; the cell says what
  they did, and where that is nothing, the bytes are those of the run without them;
- set so that they never act, the plugins give the bytes of the run without them;
- where latents and timestep stand still, every pass, over some rows of one stream or of all, reusing or not, gives the
  rows of the first full one within 1e-6, in every branch and phase: keys and values of idle rows are in sync;
- what galaxy-cache and hsa keep of a branch is not used when the branch was left out of a step: at the next it
  computes everything, all rows;
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
