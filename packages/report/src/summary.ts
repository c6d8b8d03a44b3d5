/** What a run saved and how near it came, without plots: quick to load. */
export { amplifiedDifference, psnr, ssim } from './metric/frames.js';
export { latentSnr } from './metric/latent-snr.js';
export {
  type BranchSteps,
  type RunSummary,
  type SummaryInput,
  summarise,
  summaryLine,
} from './run/summary.js';
