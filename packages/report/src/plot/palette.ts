/**
 * Colours by name, as light and as dark pages have them: eight that also people who confuse red and green
 * tell apart, and those of decisions.
 */
const COLOURS = {
  paper: ['#ffffff', '#171c22'],
  ink: ['#1f2933', '#e4e9ee'],
  muted: ['#5d6875', '#9aa7b4'],
  grid: ['#d5dbe1', '#38424d'],
  blue: ['#1668b3', '#5cabf0'],
  orange: ['#c9560f', '#ff9b57'],
  green: ['#15805b', '#47c797'],
  purple: ['#96409a', '#da8fdc'],
  yellow: ['#927100', '#e0bd3a'],
  grey: ['#66717d', '#a3adb8'],
  computed: ['#1668b3', '#5cabf0'],
  reused: ['#f2b36f', '#8a5524'],
} as const;

export type Colour = keyof typeof COLOURS;

/** Lines and dots take these in turn. */
export const SERIES: readonly Colour[] = ['blue', 'orange', 'green', 'purple', 'yellow', 'grey'];

/** A colour as a value of CSS; it follows the page from light to dark. */
export const colour = (name: Colour): string => `var(--sk-${name})`;

/** The colour of the nth series. */
export const seriesColour = (index: number): string => colour(SERIES[index % SERIES.length] ?? 'grey');

const declarations = (theme: 0 | 1): string =>
  Object.entries(COLOURS)
    .map(([name, values]) => `--sk-${name}:${values[theme]}`)
    .join(';');

/** Rules that give `selector` the colours of the reader's theme. */
export const paletteRules = (selector: string): string =>
  `${selector}{${declarations(0)}}@media (prefers-color-scheme:dark){${selector}{${declarations(1)}}}`;
