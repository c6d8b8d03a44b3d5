import { expect, test } from 'vitest';
import { heatMap } from './heat-map.js';
import { lines, scatter } from './lines.js';
import { timeline } from './timeline.js';

const HOSTILE = `</text><script>alert("1")</script>&amp;`;
const count = (svg: string, pattern: RegExp): number => svg.match(pattern)?.length ?? 0;

const points = [
  { x: 1, y: 40, low: 38, high: 41 },
  { x: 2, y: 35 },
  { x: 3, y: Number.POSITIVE_INFINITY },
];
const drift = (name = 'cond') => ({
  title: name,
  x: { label: name },
  y: { label: 'drift' },
  series: [{ name, points }],
  levels: [{ y: 36, name }],
});

const cells = [0, 1, 2].map((step) => ({ step, state: step === 1 ? 'reused' : 'computed', note: HOSTILE }));
const decisions = (name = 'cond') => ({
  title: name,
  steps: 3,
  states: {
    computed: { name, fill: 'blue' },
    reused: { name: 'reused', fill: 'orange' },
    absent: { name: 'nobody is', fill: 'none' },
  },
  rows: [{ name, cells }],
});

const budget = (name = 'a') => ({
  title: name,
  values: [
    [1, 2],
    [3, Number.NaN],
  ],
  columns: [name, 'b'],
  rows: ['top', 'bottom'],
  xLabel: name,
  yLabel: 'row',
  unit: name,
  digits: 1,
});

test('draws a dot for each finite point, joined or not, and a bar for each interval', () => {
  expect(count(scatter(drift()), /<circle/g)).toBe(2);
  expect(count(lines(drift()), /<circle/g)).toBe(2);
  expect(lines(drift()).length).toBeGreaterThan(scatter(drift()).length);
  expect(count(scatter(drift()), /stroke-width="3"/g)).toBe(1);
});

test('draws a cell a step, and a legend of the states that occur', () => {
  const svg = timeline(decisions());
  expect(count(svg, /<rect /g)).toBe(cells.length + 2);
  expect(svg).not.toContain('nobody is');
});

test('draws a cell for each finite value, with its number', () => {
  const svg = heatMap(budget());
  expect(count(svg, /<rect [^>]*fill="(?:rgb|#|hsl)/g)).toBe(3 + 3);
  expect(svg).toContain('3.0');
});

test('refuses a table of nothing, or with a row too few', () => {
  expect(() => heatMap({ ...budget(), values: [[Number.NaN], []] })).toThrow('make no table');
  expect(() => heatMap({ ...budget(), values: [[1, 2]] })).toThrow('make no table');
});

test.each([
  ['lines', lines(drift()), lines(drift()), lines(drift(HOSTILE))],
  ['scatter', scatter(drift()), scatter(drift()), scatter(drift(HOSTILE))],
  ['timeline', timeline(decisions()), timeline(decisions()), timeline(decisions(HOSTILE))],
  ['heatMap', heatMap(budget()), heatMap(budget()), heatMap(budget(HOSTILE))],
])('%s: the same data give the same text, and names are text, not tags', (_, svg, again, hostile) => {
  expect(again).toBe(svg);
  expect(svg).not.toMatch(/ id=|NaN|undefined|url\(/);
  expect(hostile).not.toContain('<script');
  expect(hostile).toContain('&lt;script&gt;');
  expect(count(hostile, /<\/svg>/g)).toBe(1);
});
