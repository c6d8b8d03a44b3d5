import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { runtimeVersion } from '@skipstone/core/testing';

/** Threads of every session of the bench: what `generate` uses unless told otherwise. */
export const THREADS = 0;

/** What numbers depend on beside the code. */
export type Machine = ReturnType<typeof machineFacts>;

/** The machine as it is now; `date` is given by tests. */
export function machineFacts(date = new Date()) {
  return {
    date: date.toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    runtime: runtimeVersion(),
    skipstone: String(createRequire(import.meta.url)('@skipstone/core/package.json').version),
    /** Threads of a session; 0 lets the runtime choose. */
    threads: THREADS,
    /** Load average of the last minute, at the start. */
    loadAtStart: load(),
  };
}

/** Load average of the last minute. Always 0 on Windows, which keeps none. */
export function load(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

/** One line for people. */
export function machineText({ cpu, cores, node, runtime, date, loadAtStart }: Machine): string {
  return `${cpu}, ${cores} cores, node ${node}, ${runtime}, ${date}, load ${loadAtStart}`;
}
