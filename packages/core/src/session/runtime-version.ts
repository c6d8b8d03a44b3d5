import { createRequire } from 'node:module';

/** The version of the runtime that sessions are made with, for reports. Loads nothing of it. */
export function runtimeVersion(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: unknown };
  return `onnxruntime-node ${String(version)}`;
}
