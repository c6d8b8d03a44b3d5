import { readFile } from 'node:fs/promises';
import { SkipstoneError } from '@skipstone/core';
import type { ProxyTrace } from '@skipstone/report';
import type { Settings } from '../options/settings.js';

/** The proxies of the trace that `--trace` names; `undefined` where it is not given. */
export async function readProxies(settings: Settings, seed: number): Promise<ProxyTrace | undefined> {
  const { files, options } = settings;
  if (files.trace === undefined) return undefined;
  const { ORACLE, parseTrace, spearman } = await import('@skipstone/galaxy-cache/calibration');
  const { header, runs } = parseTrace(await readText(files.trace), files.trace);
  const same = runs.filter((run) => header.prompts[run.prompt] === options.prompt && run.seed === seed);
  const used = same.length > 0 ? same : runs;
  const taps = header.taps.map((name) => {
    const steps = used.flatMap(({ branches }) => {
      const { change = {} } = Object.values(branches)[0] ?? {};
      return (change[name] ?? []).flatMap((proxy, step) => {
        const oracle = change[ORACLE]?.[step] ?? null;
        return proxy === null || oracle === null ? [] : [{ step, proxy, oracle }];
      });
    });
    const rho = spearman(
      steps.map(({ proxy }) => proxy),
      steps.map(({ oracle }) => oracle),
    );
    return { name, steps, ...(Number.isNaN(rho) ? {} : { rho }) };
  });
  const others = runs.length === 1 ? 'another run' : `${runs.length} other runs`;
  const runsOf = same.length > 0 ? 'this prompt and seed' : others;
  return { from: `${runsOf}, uncached, by ${files.trace}`, taps };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SkipstoneError({
      code: 'trace-file',
      what: `--trace ${path}: this file cannot be read`,
      have: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      need: 'a file that `skipstone trace` wrote',
      do: 'check the path',
      cause,
    });
  }
}
