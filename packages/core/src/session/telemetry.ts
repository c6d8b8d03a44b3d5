import { isMainThread } from 'node:worker_threads';
import { SkipstoneError } from '../error.js';

const SWITCH = 'ORT_DISABLE_TELEMETRY';

/**
 * Turns the runtime's telemetry off before its native module loads, unless the user has set the switch. Left on, it
 * reads the machine's id and the command line (the prompt), keeps an event database in the user's cache folder and a
 * log in the temporary folder, and ends the process where the command line is long. It looks at the environment of the
 * process, which only the main thread can write: another thread has a copy, and is refused where the switch is missing.
 * Source: onnxruntime 1.30, `core/platform/posix/telemetry.cc`.
 */
export function turnTelemetryOff(): void {
  if (process.env[SWITCH] !== undefined) return;
  if (isMainThread) process.env[SWITCH] = '1';
  else throw outOfReach();
}

function outOfReach(): SkipstoneError {
  return new SkipstoneError({
    code: 'runtime-telemetry',
    what: "the runtime's telemetry cannot be turned off from this thread",
    have: `a worker thread whose environment lacks ${SWITCH}`,
    need: `${SWITCH} in the environment of the process, before this thread starts`,
    do: `write process.env.${SWITCH} = '1' on the main thread before you start the worker`,
  });
}
