import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SkipstoneError } from '@skipstone/core';

export type DeviceName = 'cpu' | 'webgpu';

/** What a device computes rightly, or why it computes nothing. */
export interface Device {
  /** Of fp32, fp16, int8 and int4; none where the device cannot be used. */
  readonly precisions: readonly string[];
  /** Why not, or what is computed in another way. */
  readonly notes: readonly string[];
  /** What the runtime and its libraries print, for a person who searches. */
  readonly said: string;
}

/** A device that gives no answer for so long, milliseconds, is not used. */
const PATIENCE = 120_000;

/**
 * Tests a device in a process of its own: there a driver that crashes ends nothing, and what native libraries print can
 * be kept. `all`: every precision, not float32 alone.
 */
export function tryDevice(device: DeviceName, all = false): Promise<Device> {
  const file = fileURLToPath(new URL('../../dist/doctor/device-trial.js', import.meta.url));
  const args = [file, device, ...(all ? ['all'] : [])];
  return new Promise((done) => {
    execFile(process.execPath, args, { timeout: PATIENCE }, (error, stdout, stderr) => {
      const told = /^\{.*\}$/m.exec(stdout)?.[0];
      if (told !== undefined && !error)
        return done({ ...(JSON.parse(told) as Omit<Device, 'said'>), said: stderr });
      const why = error?.signal ? `it ended with ${error.signal}` : 'it ended without an answer';
      done({ precisions: [], notes: [why], said: stderr });
    });
  });
}

/** Refuses WebGPU where it does not work, before the runtime prints what it cannot find. */
export async function assertDevice(device: DeviceName | undefined): Promise<void> {
  if (device !== 'webgpu') return;
  const { precisions, notes, said } = await tryDevice(device);
  if (precisions.length > 0) return;
  throw new SkipstoneError({
    code: 'no-device',
    what: '--device webgpu: the runtime cannot use a GPU here',
    have: notes.join('; '),
    need: "a GPU with a driver for WebGPU's API: Vulkan on Linux, Direct3D 12 on Windows, Metal on macOS",
    do: "install the GPU's driver (`skipstone doctor` tests it again), or leave --device out: the CPU",
    cause: new Error(said),
  });
}
