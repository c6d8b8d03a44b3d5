/**
 * The import rules: packages form a star around `core`, and `core` itself is a river whose stations import
 * earlier stations only. Tests may reach ahead in the river (a sampler's test uses `testing`), never across
 * the star.
 */

/** Earlier groups first. A station is a file or folder of `packages/core/src`; inside a group all may meet. */
const river = [
  ['spec'],
  ['error'],
  [
    'adapter',
    'checkpoint',
    'graph',
    'kernel',
    'noise',
    'schedule',
    'sampler',
    'guidance',
    'ledger',
    'plugin',
  ],
  ['quantise'],
  ['plan'],
  ['session'],
  ['loop'],
  ['generate', 'testing'],
];

const CORE = '^packages/core/src/';
const TEST = '\\.test\\.ts$';

const station = (names) => `${CORE}(?:${names.join('|')})(?:/|\\.(?:test\\.)?ts$)`;

/** A package of this repository, however it was reached: by its folder, or by name while it is not built. */
const packageNamed = (name) => `^(?:packages/${name}/|@skipstone/${name}(?:/|$))`;

const riverRules = river.slice(0, -1).map((group, position) => ({
  name: `river-${group.length > 1 ? 'parts' : group[0]}`,
  comment: `${group.join(', ')} may not import a later station`,
  severity: 'error',
  from: { path: station(group), pathNot: TEST },
  to: { path: station(river.slice(position + 1).flat()) },
}));

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'star-core',
      comment: 'core imports no other package of this repository',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: { path: packageNamed('(?!core(?:/|$))[^/]+') },
    },
    {
      name: 'star-spokes',
      comment: 'models, plugins and kernels import core, golden for what verifies them, and no other spoke',
      severity: 'error',
      from: { path: '^packages/((?!(?:core|demo-model|pipeline|cli|bench)/)[^/]+)/' },
      to: { path: packageNamed('(?!(?:core|golden|$1)(?:/|$))[^/]+') },
    },
    {
      name: 'star-golden',
      comment: 'golden serves verifiers and tests; what runs a model never needs it',
      severity: 'error',
      from: {
        path: '^packages/[^/]+/src/',
        pathNot: [TEST, '^packages/(?:golden|cli)/', '/(?:verify|test-kit)/'],
      },
      to: { path: packageNamed('golden') },
    },
    {
      name: 'star-demo-model',
      comment: 'demo-model has the Wan layout, so it builds on models-wan; beyond that it is a spoke',
      severity: 'error',
      from: { path: '^packages/demo-model/' },
      to: { path: packageNamed('(?!(?:core|golden|models-wan|demo-model)(?:/|$))[^/]+') },
    },
    {
      name: 'star-rim-pipeline',
      comment: 'pipeline joins encoders, models and codecs; only the command and the examples import it',
      severity: 'error',
      from: { pathNot: '^(?:packages/(?:pipeline|cli|bench)|examples)/' },
      to: { path: packageNamed('pipeline') },
    },
    {
      name: 'star-rim-cli',
      comment: 'nobody but the examples imports cli',
      severity: 'error',
      from: { pathNot: '^(packages/cli|examples)/' },
      to: { path: packageNamed('cli') },
    },
    {
      name: 'star-rim-bench',
      comment: 'bench is not published: the command loads it where it is there, nobody else does',
      severity: 'error',
      from: { pathNot: '^packages/(?:cli|bench)/' },
      to: { path: packageNamed('bench') },
    },
    {
      name: 'star-rim-examples',
      comment: 'nobody imports the examples',
      severity: 'error',
      from: { pathNot: '^examples/' },
      to: { path: '^(?:examples/|@skipstone/examples(?:/|$))' },
    },
    {
      name: 'through-the-front-door',
      comment: 'another package is imported by its name, not by a path into its source',
      severity: 'error',
      from: { path: '^(packages/[^/]+|examples)/' },
      to: { path: '^(?:packages/[^/]+/src|examples)/', pathNot: '^$1/' },
    },
    {
      name: 'runtime-in-one-room',
      comment: 'ONNX Runtime is named in packages/core/src/session/ only',
      severity: 'error',
      from: { pathNot: `${CORE}session/` },
      to: { path: '(?:^|node_modules/)onnxruntime-(?:node|web|common)(?:/|$)' },
    },
    ...riverRules,
    {
      name: 'river-mouth',
      comment: 'index.ts collects the stations; none of them imports it',
      severity: 'error',
      from: { path: CORE, pathNot: TEST },
      to: { path: `${CORE}index\\.ts$` },
    },
    {
      name: 'river-unnamed-station',
      comment: 'a new file or folder of packages/core/src gets its place in `river` above',
      severity: 'error',
      from: { path: CORE },
      to: { path: CORE, pathNot: [station(river.flat()), `${CORE}index\\.ts$`] },
    },
    {
      name: 'no-test-imports',
      comment: 'tests are leaves',
      severity: 'error',
      from: {},
      to: { path: TEST },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^packages/[^/]+/dist/'] },
    exclude: { path: ['^packages/[^/]+/(?:dist|node_modules)/.*\\.map$'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
