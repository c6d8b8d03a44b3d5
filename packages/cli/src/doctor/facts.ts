import { existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, freemem, platform, release } from 'node:os';
import { listSidecars, sidecarFolder } from '@skipstone/core';
import { runtimeVersion } from '@skipstone/core/testing';
import { memoryOfMachine } from '../options/memory-of-machine.js';
import { version } from '../version.js';
import { type Device, tryDevice } from './try-device.js';

/** What a run depends on beside its options. */
export interface Facts {
  readonly skipstone: string;
  readonly node: string;
  /** Where npm started this. */
  readonly npm: string | undefined;
  readonly runtime: string;
  readonly system: string;
  readonly cpu: string;
  /** Cores this process may use, and threads that a session takes: the runtime's default is one for each. */
  readonly cores: number;
  readonly threads: number;
  /** Of those that the runtime's products gain from; unknown where the system does not say. */
  readonly instructions: readonly string[] | undefined;
  /** Of the machine, or of the container where it is limited. */
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  readonly devices: { readonly cpu: Device; readonly webgpu: Device };
  /** Sidecar files of quantised weights. */
  readonly cache: { readonly folder: string; readonly files: number; readonly bytes: number };
}

export async function doctorFacts(): Promise<Facts> {
  const [folder, processors] = [await sidecarFolder(), cpus()];
  const sidecars = await listSidecars(folder);
  const totalBytes = memoryOfMachine();
  return {
    skipstone: version(),
    node: process.versions.node,
    npm: /npm\/(\S+)/.exec(process.env.npm_config_user_agent ?? '')?.[1],
    runtime: runtimeVersion(),
    system: `${platform()} ${release()} ${arch()}`,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    threads: availableParallelism(),
    instructions: instructions(),
    memory: { totalBytes, freeBytes: Math.min(freemem(), totalBytes) },
    // One after the other: each test takes all cores.
    devices: { cpu: await tryDevice('cpu', true), webgpu: await tryDevice('webgpu', true) },
    cache: { folder, files: sidecars.length, bytes: sidecars.reduce((sum, { bytes }) => sum + bytes, 0) },
  };
}

/** Flags of Linux, by the name a person knows. */
const KNOWN = {
  avx2: 'AVX2',
  avx512f: 'AVX-512',
  avx512_vnni: 'VNNI',
  avx_vnni: 'AVX-VNNI',
  amx_int8: 'AMX',
};

function instructions(): readonly string[] | undefined {
  const file = '/proc/cpuinfo';
  const line = existsSync(file)
    ? /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]
    : undefined;
  const flags = line?.trim().split(/\s+/);
  return flags && Object.entries(KNOWN).flatMap(([flag, name]) => (flags.includes(flag) ? [name] : []));
}
