export { amplifiedDifference } from './metric/amplified-difference.js';
export { type Interval, type IntervalOptions, interval, intervalOf } from './metric/interval.js';
export { psnr } from './metric/psnr.js';
export { ssim } from './metric/ssim.js';
