export { markdownTable } from './markdown.js';
export { latentFrame, type TokenGrid, tokenMap } from './metric/token-map.js';
export { type Html, html, raw } from './page/html.js';
export type {
  ProxyTap,
  ProxyTrace,
  ReportOptions,
  ReportSection,
  ReportVideo,
} from './page/report-options.js';
export { reportPage } from './page/report-page.js';
export type { LegendEntry } from './plot/draw.js';
export { type HeatMapOptions, heatMap } from './plot/heat-map.js';
export { type Axis, type LinesOptions, lines, type Point, type Series, scatter } from './plot/lines.js';
export { type TimelineCell, type TimelineOptions, type TimelineRow, timeline } from './plot/timeline.js';
export {
  type DecisionCell,
  type DecisionRow,
  decisionRows,
  type StepState,
} from './run/decision-rows.js';
export { type TokenSteps, tokenSteps } from './run/token-steps.js';
export * from './summary.js';
