import { type ChildProcess, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command as it is installed: the built file, not its source. */
export const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

export const PROMPT = 'a red circle moves right slowly near a blue ring over a checkered brown backdrop';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts the real command in a folder. */
export function start(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  let resolve: (ended: Ended) => void = () => {};
  const ended = new Promise<Ended>((done) => {
    resolve = done;
  });
  const child = execFile(
    process.execPath,
    [BIN, ...args],
    { cwd: folder, env: { ...process.env, ...env } },
    (_, stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
  );
  return { process: child, ended };
}

/** Runs it to its end. */
export function skipstone(folder: string, ...args: readonly string[]): Promise<Ended> {
  return start(folder, args).ended;
}

/** The four lines of an error. */
export function lines(what: string, have: string, need: string, remedy: string): string {
  return `${what}\n  have   ${have}\n  need   ${need}\n  do     ${remedy}\n`;
}
