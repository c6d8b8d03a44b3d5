import { scatter } from '../../plot/lines.js';
import { raw } from '../html.js';
import type { ProxyTrace, ReportSection } from '../report-options.js';

export function proxySection(trace: ProxyTrace | undefined): readonly ReportSection[] {
  if (!trace) return [];
  const { name, rho, steps } = trace;
  const svg = scatter({
    title: `${name} against the oracle`,
    x: { label: `relative change of ${name}` },
    y: { label: 'relative change of the residual' },
    series: [
      {
        name,
        points: steps.map(({ step, proxy, oracle }) => ({ x: proxy, y: oracle, label: String(step) })),
      },
    ],
    width: 720,
    height: 420,
  });
  const about =
    `One dot a step: what the proxy saw, against how much the residual of all blocks really changed.` +
    (rho === undefined ? '' : ` Spearman’s ρ is ${rho.toFixed(3)}.`);
  return [{ title: 'Proxy against oracle', about, body: raw(svg) }];
}
