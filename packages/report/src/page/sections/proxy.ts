import { scatter } from '../../plot/lines.js';
import { raw } from '../html.js';
import type { ProxyTrace, ReportSection } from '../report-options.js';

/** More are a cloud nobody can read. */
const MOST_TAPS = 4;

export function proxySection(trace: ProxyTrace | undefined): readonly ReportSection[] {
  if (!trace || trace.taps.length === 0) return [];
  const { from } = trace;
  const taps = [...trace.taps].sort((a, b) => (b.rho ?? -1) - (a.rho ?? -1)).slice(0, MOST_TAPS);
  const alone = taps.length === 1;
  const svg = scatter({
    title: 'Proxies against the oracle',
    x: { label: 'relative change of the tap' },
    y: { label: 'relative change of the residual' },
    series: taps.map(({ name, rho, steps }) => ({
      name: rho === undefined ? name : `${name}, ρ ${rho.toFixed(2)}`,
      points: steps.map(({ step, proxy, oracle }) => ({
        x: proxy,
        y: oracle,
        ...(alone ? { label: String(step) } : {}),
      })),
    })),
    width: 1000,
    height: 420,
  });
  const about =
    'One dot a step: what a tap of the first block saw, against how much the residual of all blocks really ' +
    `changed, of ${from}. ρ is Spearman’s: 1 where the tap orders the steps as the residual does.` +
    (taps.length < trace.taps.length ? ` The best ${taps.length} of ${trace.taps.length} taps.` : '');
  return [{ title: 'Proxy against oracle', about, body: raw(svg) }];
}
