export { amplifiedDifference } from './metric/amplified-difference.js';
export { type Interval, type IntervalOptions, interval, intervalOf } from './metric/interval.js';
export { psnr } from './metric/psnr.js';
export { ssim } from './metric/ssim.js';
export type { LegendEntry } from './plot/draw.js';
export { type HeatMapOptions, heatMap } from './plot/heat-map.js';
export { type Axis, type LinesOptions, lines, type Point, type Series, scatter } from './plot/lines.js';
export { type TimelineCell, type TimelineOptions, type TimelineRow, timeline } from './plot/timeline.js';
