/** What a run saved and how near it came, without plots: quick to load. */
export { amplifiedDifference } from './metric/amplified-difference.js';
export { latentSnr } from './metric/latent-snr.js';
export { psnr } from './metric/psnr.js';
export { ssim } from './metric/ssim.js';
export {
  type BranchSteps,
  type RunSummary,
  type SummaryInput,
  summarise,
  summaryLine,
} from './run/summary.js';
